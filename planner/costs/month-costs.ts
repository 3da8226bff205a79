import { METRIC_DIMENSIONS, METRICS, type MetricScope } from '../../functions/metrics.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { type CostLine, linesOf } from '../../lib/constructs/cost-lines.ts';
import { insightsMetrics } from '../../lib/constructs/fixed-costs.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';

/** Beside executors, the router, the authorizer and the two that read the streams run for tasks. */
const FUNCTIONS_OF_TASKS = 4;

/** Submits and attempts make so many kinds of calls to AWS, reads of settings and lanes among them. */
const OPERATIONS_OF_TASKS = 8;

/** Returns what our own metrics cost in a month in which these lanes of a class run tasks of one type, however they end. */
export function metricCosts(config: DeployConfig, lanes: number, executors: number): CostLine[] {
  const values: Record<MetricScope, number> = {
    lane: lanes,
    resourceClass: 1,
    taskType: 1,
    errorCode: 1,
    // It is written where nobody catches an error.
    door: 0,
    operation: OPERATIONS_OF_TASKS,
  };
  const scopes = Object.keys(METRIC_DIMENSIONS) as MetricScope[];
  const metrics = scopes.reduce((sum, scope) => sum + values[scope] * metricsBy(scope), 0);
  const functions = executors + FUNCTIONS_OF_TASKS - Number(config.jwt !== undefined) - Number(!config.taskEvents);
  return linesOf([
    ['metrics of our own', metrics, LIST_PRICES.metricMonth],
    ['metrics of Lambda Insights, of what runs for tasks', insightsMetrics(config, functions), LIST_PRICES.metricMonth],
  ]);
}

/** Returns how many metrics each value of a scope has. */
const metricsBy = (scope: MetricScope): number => Object.values(METRICS).filter(({ by }) => by === scope).length;

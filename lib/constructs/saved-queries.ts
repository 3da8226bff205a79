import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BULK_ACTIONS_FUNCTION } from '../../functions/contract.ts';
import { executorNameOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../config.ts';
import { shardsOf } from './lane.ts';
import { projectorsOf } from './projector.ts';

type Query = { readonly title: string; readonly functions: readonly string[]; readonly lines: readonly string[] };

/** Saves what people ask the logs: under CloudWatch > Logs Insights > Saved queries, in a folder of the deployment's name. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id);
    for (const { title, functions, lines } of queriesOf(config)) {
      new CfnQueryDefinition(this, title, {
        name: `${config.name}/${title}`,
        logGroupNames: functions.map((name) => `/aws/lambda/${config.name}-${name}`),
        queryString: lines.join('\n| '),
      });
    }
  }
}

function queriesOf(config: DeployConfig): Query[] {
  const executors = Object.keys(config.classes).flatMap((resourceClass) =>
    shardsOf(config, resourceClass).map((shard) => executorNameOf(resourceClass, shard)),
  );
  return [
    ...(config.routineLogs ? routineQueriesOf(executors, config) : []),
    {
      title: 'Story of a task',
      functions: [...executors, 'router', 'waiter', 'sweeper'],
      lines: [
        'fields @timestamp, event, task_type, attempt, task_status, duration_ms, error, error_message, reason, trace_id',
        'filter task_id = "put the id of the task here"',
        'sort @timestamp asc',
      ],
    },
    {
      title: 'Failures by code',
      functions: executors,
      lines: [
        'filter event in ["attempt failed", "task failed"]',
        'stats count(*) as attempts, latest(error_message) as last_message by error, task_type',
        'sort attempts desc',
      ],
    },
    {
      title: 'Refused requests',
      functions: ['router', 'waiter'],
      lines: [
        'filter event = "request" and status >= 400',
        'stats count(*) as requests, latest(trace_id) as last_trace by status, route',
        'sort requests desc',
      ],
    },
  ];
}

/** These count on lines of what went well, and would be wrong without them: times of types are metrics, too. */
function routineQueriesOf(executors: readonly string[], config: DeployConfig): Query[] {
  const authorizers = config.jwt === undefined ? ['authorizer'] : [];
  return [
    {
      title: 'Slowest types',
      functions: executors,
      lines: [
        'filter event in ["attempt ended", "attempt failed", "task failed"]',
        'stats count(*) as attempts, pct(duration_ms, 50) as p50, pct(duration_ms, 99) as p99 by task_type',
        'sort p99 desc',
      ],
    },
    {
      title: 'Cold starts',
      functions: [
        ...executors,
        'router',
        'waiter',
        ...authorizers,
        'console',
        ...projectorsOf(config),
        'sweeper',
        BULK_ACTIONS_FUNCTION,
        'governor',
      ],
      lines: [
        'filter type = "platform.report" and ispresent(record.metrics.initDurationMs)',
        'stats count(*) as starts, pct(record.metrics.initDurationMs, 50) as p50, max(record.metrics.initDurationMs) as longest by @log',
        'sort starts desc',
      ],
    },
  ];
}

import type { DeployConfig } from '../../lib/config.ts';
import { type CostLine, MILLION, MONTH_HOURS } from '../../lib/constructs/cost-lines.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { WRITE_TARGETS } from '../simulation/table-writes.ts';

/** The share of a capacity that auto scaling aims at unless it is told otherwise; the prices of it are reckoned by that. */
export const PROVISIONED_USE = 0.7;

const HOUR_SECONDS = 3600;

/**
 * Prices the write units of the tables of tasks in a bill as on demand, or as of a capacity of which `use` is used, which is paid
 * by the hour. What is read for a task is of tables that stay on demand.
 */
export function withTablePrices(lines: readonly CostLine[], use: number | undefined): CostLine[] {
  const { writeUnits, writeCapacityHour } = LIST_PRICES;
  const unit = use === undefined ? writeUnits / MILLION : writeCapacityHour / HOUR_SECONDS / use;
  return lines.map((line) =>
    line.what === 'DynamoDB write units' ? { ...line, dollars: line.quantity * unit } : line,
  );
}

/** Returns the share of their capacity that tables use; `undefined` where they are on demand. */
export const useOf = ({ tableCapacity: capacity }: Pick<DeployConfig, 'tableCapacity'>): number | undefined =>
  capacity === 'onDemand' ? undefined : capacity.provisioned.utilization;

/** Returns how much of the capacity that tables keep is what a load takes: the fixed costs have it already. */
export function keptForLoad(config: DeployConfig, tasksPerSecond: number): CostLine[] {
  const { tableCapacity, tableShards } = config;
  if (tableCapacity === 'onDemand') return [];
  const { minWrites, utilization } = tableCapacity.provisioned;
  const needed = WRITE_TARGETS.map(
    ({ perSubmit, perAttempt }) => (perSubmit + perAttempt) * (tasksPerSecond / utilization),
  );
  const used = needed.reduce((sum, one) => sum + Math.min(one, tableShards * minWrites), 0);
  const dollars = -used * MONTH_HOURS * LIST_PRICES.writeCapacityHour;
  return [{ what: 'of it the capacity that tables keep', quantity: used, dollars }];
}

import { LIST_PRICES } from '../../lib/list-prices.ts';
import type { CostLine } from './cost-basis.ts';

/** That a table's auto scaling aims at (DynamoDB, "Managing throughput capacity automatically with auto scaling"). */
export const PROVISIONED_USE = 0.7;

const HOUR_SECONDS = 3600;

/** Returns the dollars of a unit of a capacity of which so much is used: it is paid by the hour, used or not. */
const unitDollars = (capacityHour: number): number => capacityHour / HOUR_SECONDS / PROVISIONED_USE;

/** Returns a bill with its units of DynamoDB taken from provisioned capacity; lines of several services stay on demand. */
export const withProvisionedCapacity = (lines: readonly CostLine[]): CostLine[] =>
  lines.map((line) => {
    if (line.what.startsWith('DynamoDB write units')) {
      return { ...line, dollars: line.quantity * unitDollars(LIST_PRICES.writeCapacityHour) };
    }
    if (line.what.startsWith('DynamoDB read units')) {
      return { ...line, dollars: line.quantity * unitDollars(LIST_PRICES.readCapacityHour) };
    }
    return line;
  });

import { Billing, Capacity } from 'aws-cdk-lib/aws-dynamodb';
import type { TableCapacity } from '../table-capacity.ts';

/** Returns how a table is paid for. Its indexes inherit it: each has as much capacity of its own, which scales by itself. */
export function billingOf(capacity: TableCapacity): Billing {
  if (capacity === 'onDemand') return Billing.onDemand();
  const { minWrites, maxWrites, minReads, maxReads, utilization } = capacity.provisioned;
  const scaled = (minCapacity: number, maxCapacity: number): Capacity =>
    Capacity.autoscaled({
      minCapacity,
      maxCapacity,
      targetUtilizationPercent: Math.round(utilization * 100),
      // CloudFormation asks for it where a table changes from on demand, and where it has to change back.
      seedCapacity: minCapacity,
    });
  return Billing.provisioned({
    writeCapacity: scaled(minWrites, maxWrites),
    readCapacity: scaled(minReads, maxReads),
  });
}

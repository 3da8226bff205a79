import type { DeployConfig } from '../config.ts';
import { TASK_INDEXES } from '../stacks/data-stack.ts';

/** Returns the capacity that the tables of tasks and their indexes keep at least, and how many of them scale, each by itself. */
export function keptCapacityOf({ tableCapacity, tableShards }: Pick<DeployConfig, 'tableCapacity' | 'tableShards'>): {
  readonly scaled: number;
  readonly writes: number;
  readonly reads: number;
} {
  if (tableCapacity === 'onDemand') return { scaled: 0, writes: 0, reads: 0 };
  const { minWrites, minReads } = tableCapacity.provisioned;
  const scaled = tableShards * (1 + TASK_INDEXES.length);
  return { scaled, writes: scaled * minWrites, reads: scaled * minReads };
}

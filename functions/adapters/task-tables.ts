import { type TaskId, tableShardOf } from '../core/ids.ts';

/** How a deployment keeps its tasks. */
export type TaskTableOptions = {
  /** The tables by shard; a task's id names its own. */
  readonly tableNames: readonly string[];
  /** Over how many partitions each index key is spread; one partition takes 1,000 writes/s (DynamoDB's documentation). */
  readonly indexShards: number;
  /** How long a finished task is kept. */
  readonly retentionDays: number;
};

/** What a reader of the tables has to know. */
export type TaskTables = Omit<TaskTableOptions, 'retentionDays'>;

/** The table of a task. Throws where the deployment has none: its id was made elsewhere. */
export function tableOf({ tableNames }: Pick<TaskTableOptions, 'tableNames'>, id: TaskId): string {
  const tableName = tableNames[tableShardOf(id)];
  if (tableName === undefined) throw new Error(`there is no table for the task ${id}`);
  return tableName;
}

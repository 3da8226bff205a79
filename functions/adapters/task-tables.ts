/** How a deployment keeps its tasks. */
export type TaskTableOptions = {
  /** The tables by shard; a task's id names its own. */
  readonly tableNames: readonly string[];
  /** Over how many partitions each index key is spread; one partition takes 1,000 writes/s (DynamoDB's documentation). */
  readonly indexShards: number;
  /** How long a finished task is kept. */
  readonly retentionDays: number;
};

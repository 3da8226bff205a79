import * as z from 'zod';

const percent = z.number().gt(0).max(100);
const positive = z.number().positive();

/** An alarm calls above its threshold. A lane's objective is 60 s for `high`, 10 min for `normal` and `batch`, 1 h for `low`. */
export const alarmThresholds = z.strictObject({
  /** p99 of the API. */
  apiLatencyMilliseconds: positive,
  /** Requests that are answered with 5xx. */
  apiErrorPercent: percent,
  /** Tasks waiting in a class, or in one of its shards, for each of its executors. */
  waitingPerExecutor: positive,
  /** Wait of a task and age of the oldest message, of the lane's objective. */
  waitPercent: positive,
  /** Age of the oldest message of tenants who did not fill the lane, of its objective. */
  quietWaitPercent: positive,
  /** p99 of the attempts of a type, each of the timeout that its task was submitted with. */
  executionPercent: percent,
  /** Tasks of a class that end as failed. */
  errorPercent: percent,
  /** Executors at work, of those that the class has for its lanes with work (`reserved`). */
  concurrencyPercent: percent,
  /** Memory that an executor takes, of what its class has. */
  memoryPercent: percent,
  /** CPU that invocations take, in the mean, of what the vCPUs of their class give meanwhile. */
  cpuPercent: percent,
  /** What is taken of an executor's `/tmp`. */
  temporaryStoragePercent: percent,
  /** p99 of the calls that write a task. */
  dynamoLatencyMilliseconds: positive,
  /** How far behind the changes of tasks statistics and events may be. */
  changeAgeSeconds: positive,
});
export type AlarmThresholds = z.infer<typeof alarmThresholds>;

export const DEFAULT_THRESHOLDS: AlarmThresholds = {
  apiLatencyMilliseconds: 1000,
  apiErrorPercent: 1,
  waitingPerExecutor: 100,
  waitPercent: 100,
  quietWaitPercent: 50,
  executionPercent: 90,
  errorPercent: 10,
  concurrencyPercent: 90,
  memoryPercent: 90,
  cpuPercent: 90,
  temporaryStoragePercent: 90,
  dynamoLatencyMilliseconds: 100,
  changeAgeSeconds: 60,
};

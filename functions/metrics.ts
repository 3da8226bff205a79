/**
 * The treaty's metrics: `functions/` writes them, `lib/` shows and watches them. It imports nothing.
 *
 * CloudWatch takes $0.30 a month for each metric of each value of its dimensions, for the hours in which it is written. So
 * each metric is told apart by no more than somebody acts on, and never by tenant: `docs/costs.md` counts them.
 */

export const METRICS_NAMESPACE = 'Millrace';

/** `service` is the deployment's name, which every metric has. */
export const SERVICE_DIMENSION = 'service';

/** What metrics are told apart by, beside the service. */
export const METRIC_DIMENSIONS = {
  lane: ['ResourceClass', 'Lane'],
  resourceClass: ['ResourceClass'],
  /** A type that the deployment has. */
  taskType: ['TaskType'],
  /** One of `ERROR_CODES`, or `OTHER_ERROR`. */
  errorCode: ['ErrorCode'],
  /** A folder of `functions/` that Lambda calls: `router`. */
  door: ['Door'],
  /** A call of the AWS SDK: `DynamoDB.PutItem`. */
  operation: ['Operation'],
} as const satisfies Record<string, readonly string[]>;
export type MetricScope = keyof typeof METRIC_DIMENSIONS;

export type Metric = {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds' | 'Percent';
  readonly by: MetricScope;
  /**
   * What becomes of its values of several invocations, where they are told together: a fair sample, their sum, or the greatest. A
   * line of the log for each invocation would cost more than it tells. Without it, each value is told with its own invocation: of
   * what became of tasks, that is one of the projector, which reads the changes of many.
   */
  readonly gathered?: 'sample' | 'sum' | 'greatest';
  /** Each value says that something has happened so often: those of one invocation are told as their sum. */
  readonly isTally?: true;
};

export const METRICS = {
  accepted: { name: 'TasksAccepted', unit: 'Count', by: 'resourceClass', isTally: true },
  succeeded: { name: 'TasksSucceeded', unit: 'Count', by: 'resourceClass', isTally: true },
  failed: { name: 'TasksFailed', unit: 'Count', by: 'resourceClass', isTally: true },
  cancelled: { name: 'TasksCancelled', unit: 'Count', by: 'resourceClass', isTally: true },
  /** Attempts that failed and are followed by another. */
  retried: { name: 'TasksRetried', unit: 'Count', by: 'resourceClass', isTally: true },
  /** Attempts that ended in subtasks, which their task now waits for. */
  fannedOut: { name: 'TasksFannedOut', unit: 'Count', by: 'resourceClass', isTally: true },
  /** Tasks of one call of a batch handler. */
  batchSize: { name: 'BatchSize', unit: 'Count', by: 'resourceClass', gathered: 'sample' },
  /** Messages kept because a part of the platform failed: nothing is lost, and nothing runs. */
  platformFailed: { name: 'PlatformFailures', unit: 'Count', by: 'resourceClass', isTally: true },
  /** What one invocation of an executor took: CPU of all its threads, and blocks read from and written to its file system. */
  cpu: { name: 'CpuTime', unit: 'Milliseconds', by: 'resourceClass', gathered: 'sample' },
  /** The CPU, as a part of what the vCPUs of its class give in the time that the invocation took. */
  cpuUtilization: { name: 'CpuUtilization', unit: 'Percent', by: 'resourceClass', gathered: 'sample' },
  fileReads: { name: 'FileSystemReads', unit: 'Count', by: 'resourceClass', gathered: 'sum' },
  fileWrites: { name: 'FileSystemWrites', unit: 'Count', by: 'resourceClass', gathered: 'sum' },
  /** The most memory that an executor has taken since it started, as a part of what its class has. */
  memory: { name: 'MemoryPeak', unit: 'Percent', by: 'resourceClass', gathered: 'greatest' },
  /** The part of an executor's `/tmp` that is taken; it outlives its invocations. */
  temporaryStorage: { name: 'TemporaryStorage', unit: 'Percent', by: 'resourceClass', gathered: 'greatest' },
  /** Waiting tasks for each executor, in the shard of the class that has the most. */
  waitingPerExecutor: { name: 'WaitingPerExecutor', unit: 'Count', by: 'resourceClass' },
  /** Tasks that wait in all shards of a lane: the governor writes it each minute, while there are any. */
  waiting: { name: 'WaitingTasks', unit: 'Count', by: 'lane' },
  /** Submits that were answered with 429. */
  refused: { name: 'TasksRefused', unit: 'Count', by: 'lane', isTally: true },
  /** From submit, or from when it was due and its type no longer paused, to the start of the first attempt. */
  wait: { name: 'WaitTime', unit: 'Milliseconds', by: 'lane' },
  /** One attempt, from claim to settle. */
  execution: { name: 'ExecutionTime', unit: 'Milliseconds', by: 'taskType' },
  /** The same, as a part of the timeout that the task was submitted with. */
  timeoutUse: { name: 'TimeoutUse', unit: 'Percent', by: 'taskType' },
  /** Attempts that a task had when it ended. */
  attempts: { name: 'Attempts', unit: 'Count', by: 'taskType' },
  /** Attempts that failed, whatever followed. */
  error: { name: 'Errors', unit: 'Count', by: 'errorCode', isTally: true },
  /** Errors that nobody caught, of no attempt that is known: one that is fails by them. */
  uncaught: { name: 'UncaughtErrors', unit: 'Count', by: 'door', isTally: true },
  /** Acts of operators and administrators that could not be recorded in the audit: the log has them. */
  actsLost: { name: 'AuditActsLost', unit: 'Count', by: 'door', isTally: true },
  /** Failed attempts of which nothing was kept but what their task says: their record could not be written. */
  attemptsUnrecorded: { name: 'AttemptsUnrecorded', unit: 'Count', by: 'door', isTally: true },
  /** Segments that X-Ray has not taken: their traces lack them. */
  lostSegments: { name: 'LostTraceSegments', unit: 'Count', by: 'door', isTally: true },
  /** Waits for a task that were refused, since as many callers wait as may: they were answered at once. */
  waitsRefused: { name: 'WaitsRefused', unit: 'Count', by: 'door', isTally: true },
  /** One call of AWS as the function waited for it, tries of the SDK included. */
  awsCall: { name: 'AwsCallTime', unit: 'Milliseconds', by: 'operation', gathered: 'sample' },
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;

/** The codes of Millrace's own errors, each of which is counted apart. Those of handlers are without number. */
export const ERROR_CODES = [
  'circuit_open',
  'connections_busy',
  'definition_broken',
  'executor_lost',
  'handler_error',
  'host_not_allowed',
  'input_missing',
  'invalid_answer',
  'invalid_encoding',
  'invalid_input',
  'invalid_output',
  'invalid_redirect',
  'invalid_request',
  'invalid_subtasks',
  'invalid_url',
  'lease_lost',
  'network_error',
  'no_combine',
  'out_of_memory',
  'output_too_large',
  'rate_limited',
  'secret_unavailable',
  'subtask_failed',
  'subtasks_missing',
  'timeout',
  'too_many_redirects',
  'unknown_secret',
  'unknown_task_type',
  'webhook_deleted',
  'webhook_paused',
] as const;
export const OTHER_ERROR = 'other';

/** The steps of a task's life that cost something; a deployment has a price for each, in nanodollars. */
type PricedStep =
  | 'request'
  | 'message'
  | 'write'
  | 'invocation'
  | 'attempt'
  | 'trace'
  | 'event'
  | 'storage'
  | 'gigabyteSecond';
export type StepPrices = Readonly<Record<PricedStep, number>> & {
  /** The memory of the executors of each class. */
  readonly gigabytes: Readonly<Record<string, number>>;
};

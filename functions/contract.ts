/**
 * The treaty between the two sides of a deployment: `lib/` writes these names and numbers into the template at
 * synth, `functions/` reads them inside Lambda. It imports nothing, so that either side can load it for free.
 */

/** What a task may ask of the machine; each class is run by an executor function of its own. */
export const RESOURCE_CLASSES = ['default', 'io-intensive', 'cpu-intensive', 'memory-intensive'] as const;
export type ResourceClass = (typeof RESOURCE_CLASSES)[number];

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A class has one lane for each priority, and one for tasks that run many at a time. */
export const LANE_KINDS = [...PRIORITIES, 'batch'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];

/** How long a task of a lane may wait before someone should know, in seconds. */
export const LANE_OBJECTIVE_SECONDS: Readonly<Record<LaneKind, number>> = {
  high: 60,
  normal: 600,
  low: 3600,
  batch: 600,
};

/** `<class>/<lane>/<shard>`: names a lane and the executor that takes from it. */
export const executorKeyOf = (resourceClass: ResourceClass, lane: LaneKind, shard: number): string =>
  `${resourceClass}/${lane}/${shard}`;

/** The queue of an executor key, less the deployment's prefix: `default/high/0` -> `default-high-0`. */
export const queueNameOf = (executorKey: string): string => executorKey.replaceAll('/', '-');

export type ResourceClassSpec = {
  /** Lambda memory in MB. CPU comes with it: one vCPU for each 1,769 MB (Lambda's documentation, "Memory"). */
  readonly memoryMb: number;
  /** Space under /tmp in MB; Lambda gives 512 MB unless asked. */
  readonly ephemeralStorageMb: number;
  readonly functionTimeoutSeconds: number;
  /** Tasks that one invocation runs at the same time; also the batch size of its event sources. */
  readonly concurrencyPerInvocation: number;
};

export const RESOURCE_CLASS_SPECS: Readonly<Record<ResourceClass, ResourceClassSpec>> = {
  default: { memoryMb: 256, ephemeralStorageMb: 512, functionTimeoutSeconds: 60, concurrencyPerInvocation: 10 },
  'io-intensive': { memoryMb: 512, ephemeralStorageMb: 2048, functionTimeoutSeconds: 60, concurrencyPerInvocation: 10 },
  'cpu-intensive': {
    memoryMb: 3538,
    ephemeralStorageMb: 512,
    functionTimeoutSeconds: 180,
    concurrencyPerInvocation: 2,
  },
  'memory-intensive': {
    memoryMb: 4096,
    ephemeralStorageMb: 512,
    functionTimeoutSeconds: 300,
    concurrencyPerInvocation: 1,
  },
};

/**
 * What an invocation keeps for itself beside a task's own timeout: claiming before it, settling after it. A task's
 * timeout may therefore be at most its class's function timeout less this.
 */
export const INVOCATION_MARGIN_SECONDS = 10;

/** Seconds that one attempt may take in a class. */
export const longestAttemptSeconds = (resourceClass: ResourceClass): number =>
  RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS;

/** Attempts that a task type or a submit may ask for. */
export const MAX_ATTEMPTS = 20;

/** A lease outlives its task's timeout by this much; a killed executor's task runs again after it. */
export const LEASE_MARGIN_SECONDS = 15;

/** Deliveries of a message before SQS sets it aside. Retries of a task do not count here: each is a new message. */
export const MAX_RECEIVE_COUNT = 5;

/** SQS delays a message by at most 15 minutes ("Amazon SQS message timers"). */
export const MAX_QUEUE_DELAY_SECONDS = 900;

/** Names of the environment variables of every function. Which door reads which is in `functions/runtime/env.ts`. */
export const ENV = {
  tasksTable: 'MILLRACE_TASKS_TABLE',
  accessTable: 'MILLRACE_ACCESS_TABLE',
  payloadBucket: 'MILLRACE_PAYLOAD_BUCKET',
  /** Everything of a lane's queue URL before its name: `https://sqs.<region>.amazonaws.com/<account>/<prefix>-`. */
  queueUrlPrefix: 'MILLRACE_QUEUE_URL_PREFIX',
  deadLetterQueueUrl: 'MILLRACE_DEAD_LETTER_QUEUE_URL',
  indexShards: 'MILLRACE_INDEX_SHARDS',
  retentionDays: 'MILLRACE_RETENTION_DAYS',
  /** Comma-separated hosts that tasks may call; see `functions/adapters/outbound-policy.ts`. */
  outboundHosts: 'MILLRACE_OUTBOUND_HOSTS',
} as const;

export const METRICS_NAMESPACE = 'Millrace';
/** `service` is the deployment's name; Powertools writes it with every metric. */
export const METRIC_DIMENSIONS = { service: 'service', resourceClass: 'ResourceClass', lane: 'Lane' } as const;

/** Metrics of the lanes, each by resource class and lane (never by tenant: a metric costs $0.30 a month). */
export const METRICS = {
  accepted: { name: 'TasksAccepted', unit: 'Count' },
  succeeded: { name: 'TasksSucceeded', unit: 'Count' },
  failed: { name: 'TasksFailed', unit: 'Count' },
  /** Attempts that failed and are followed by another. */
  retried: { name: 'TasksRetried', unit: 'Count' },
  /** Messages kept because a part of the platform failed: nothing is lost, and nothing runs. */
  platformFailed: { name: 'PlatformFailures', unit: 'Count' },
  /** From submit to the start of the first attempt. */
  wait: { name: 'WaitTime', unit: 'Milliseconds' },
  /** One attempt, from claim to settle. */
  execution: { name: 'ExecutionTime', unit: 'Milliseconds' },
} as const;

export type Scope = 'submit' | 'read' | 'operate' | 'admin';

/**
 * The routes that API Gateway matches for the router, with the scope that the caller's key must have. The gateway hands
 * over the key of the route it matched, so the router looks it up and parses no path.
 */
export const ROUTES = {
  'POST /api/tasks': 'submit',
  'GET /api/tasks/{id}': 'read',
  'GET /api/definitions': 'read',
} as const satisfies Record<string, Scope>;
export type RouteKey = keyof typeof ROUTES;

/** Routes that everyone may call. */
export const OPEN_ROUTES = ['GET /api/health', 'GET /api/openapi.json'] as const;
export type OpenRouteKey = (typeof OPEN_ROUTES)[number];

/** Everything else under the base path: the router answers it with a problem document. */
export const FALLBACK_ROUTE = 'ANY /api/{proxy+}';

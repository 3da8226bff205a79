/**
 * The treaty between the two sides of a deployment: `lib/` writes these names and numbers into the template at
 * synth, `functions/` reads them inside Lambda. It imports nothing, so that either side can load it for free.
 */

/** What a task may ask of the machine, where a deployment begins; each class is run by an executor function of its own. */
export const RESOURCE_CLASSES = ['default', 'io-intensive', 'cpu-intensive', 'memory-intensive'] as const;
/** The name of a class: one of these, or one that a deployment adds. */
export type ResourceClass = (typeof RESOURCE_CLASSES)[number] | (string & {});

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The lanes that share the executors of a class: one for each priority, and one for tasks that run many at a time. */
export const SHARED_LANE_KINDS = [...PRIORITIES, 'batch'] as const;
export type SharedLaneKind = (typeof SHARED_LANE_KINDS)[number];

/**
 * All lanes of a class. The express lane takes tasks of tenants with little to do while others crowd the lane of their
 * priority. See `docs/decisions/an-express-lane.md`.
 */
export const LANE_KINDS = [...SHARED_LANE_KINDS, 'express'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];

/** How long a task of a lane may wait before someone should know, in seconds. */
export const LANE_OBJECTIVE_SECONDS: Readonly<Record<LaneKind, number>> = {
  high: 60,
  normal: 600,
  low: 3600,
  batch: 600,
  express: 60,
};

/** Executors that an event source of SQS asks for at least (Lambda API reference, "ScalingConfig"). */
export const MIN_LANE_CONCURRENCY = 2;

/** `<class>/<lane>/<shard>`: names a lane and the executor that takes from it. */
export const executorKeyOf = (resourceClass: ResourceClass, lane: LaneKind, shard: number): string =>
  `${resourceClass}/${lane}/${shard}`;

/** Returns the queue of an executor key, without the deployment's prefix: `default/high/0` -> `default-high-0`. */
export const queueNameOf = (executorKey: string): string => executorKey.replaceAll('/', '-');

/** Returns the name of a class's dead-letter queue, without the deployment's prefix. */
export const deadLettersNameOf = (resourceClass: ResourceClass): string => `${resourceClass}-dead-letters`;

/** Lambda memory of the router in MB. */
export const ROUTER_MEMORY_MB = 512;

/** Lambda memory in MB of the function that reads single tasks and waits for their ends: it waits for most of its time. */
export const WAITER_MEMORY_MB = 256;

/** A read of a task may wait for its end so long, which leaves time for a cold start and the answer: an HTTP API waits 30 s. */
export const MAX_WAIT_SECONDS = 25;

/** Environments of the waiter beside those that may wait: reads that do not wait have them for themselves. */
const READING_ENVIRONMENTS = 50;

/** What Lambda reserves for the waiter where so many callers may wait at a time. */
export const waiterReservationOf = (waiters: number): number => waiters + READING_ENVIRONMENTS;

/** An invocation keeps so much for itself beside a task's own timeout: for the claim before it and the settlement after it. */
export const INVOCATION_MARGIN_SECONDS = 10;

/** Lambda lets no invocation take longer (Lambda's documentation, "Timeout"). */
export const LONGEST_INVOCATION_SECONDS = 900;

/** An event source of SQS hands over so many messages without waiting for others ("CreateEventSourceMapping"). */
export const MAX_MESSAGES_WITHOUT_WINDOW = 10;

/** A task type or a submit may ask for no more attempts. */
export const MAX_ATTEMPTS = 20;

/** SQS sets a message aside after so many deliveries. Retries of a task do not count here: each is a new message. */
export const MAX_RECEIVE_COUNT = 5;

/** SQS delays a message by at most 15 minutes ("Amazon SQS message timers"). */
export const MAX_QUEUE_DELAY_SECONDS = 900;

/** How far ahead a task may be scheduled: a year. */
export const MAX_DELAY_SECONDS = 365 * 86_400;

/** How long a lane keeps a message; a dead letter keeps its first send time, and SQS takes 14 days at most. */
export const LANE_RETENTION_DAYS = 13;

/** How long a payload is kept beyond its task's retention: on its lane, and between its attempts. */
export const PAYLOAD_SLACK_DAYS = 30;

/** One fan-out has at most so many subtasks, and fan-outs go so deep: a type that calls itself has to end somewhere. */
export const MAX_SUBTASKS = 1_000;
export const MAX_FAN_OUT_DEPTH = 8;

/** How long an invocation goes on to begin tasks that came several to a message; the others then go back, each alone. */
export const SLICE_MILLISECONDS = 1_000;

/** How often an executor looks after an attempt under way: renews its lease, tells its progress, and sees whether it is to be cancelled. */
export const CHECK_PERIOD_SECONDS = 5;

/** How often the sweeper looks after a task that waits for its subtasks. */
export const RECONCILE_PERIOD_SECONDS = 900;

/** One bulk submit has at most so many tasks. */
export const MAX_BULK_TASKS = 1_000;

/** SQS bills each 64 KB of a request as one ("Amazon SQS pricing"), so a message of several tasks ends there. */
export const MAX_MESSAGE_BYTES = 65_536;

/** One `SendMessageBatch` has at most so many messages, and so many bytes of all of them (SQS API reference). */
export const MAX_REQUEST_MESSAGES = 10;
export const MAX_REQUEST_BYTES = 1_048_576;

/** The longest range of the statistics that one request reads: 1,440 minutes. */
export const MAX_STATISTICS_HOURS = 24;

/** How long a minute of the statistics is kept. */
export const STATISTICS_RETENTION_DAYS = 30;

/** A change of a task that cannot be projected for so long is set aside, or it would stop all that follow. */
export const MAX_CHANGE_AGE_SECONDS = 12 * 3600;

/** How often the sweeper looks for tasks that are due. */
export const SWEEP_PERIOD_SECONDS = 60;

/** Nobody is refused on the word of a snapshot older than this: the governor must have stopped. */
export const SNAPSHOT_VALID_SECONDS = 180;

/** The function that carries out bulk actions, behind the deployment's name. */
export const BULK_ACTIONS_FUNCTION = 'bulk-actions';

/** Of its invocations one is at work, the next has come, and the router has called a third, so that what is new begins at once. */
export const BULK_ACTIONS_CONCURRENCY = 3;

/** How often the governor looks at the lanes. */
export const GOVERN_PERIOD_SECONDS = 60;

/** Of a router's environment the first submit of so many seconds is traced, whatever the share: few tasks are nearly all traced. */
export const TRACED_EVERY_SECONDS = 5;

/** Each environment of the router joins at most so many traces of its callers a second. */
export const MAX_JOINED_TRACES_PER_SECOND = 5;

/** A change of a definition is seen everywhere after this. */
export const DEFINITION_EFFECT_SECONDS = 10;

/** A tenant's id. */
export const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names of the environment variables of every function. Which door reads which is in `functions/runtime/env.ts`. */
export const ENV = {
  /** The tables of tasks, by shard, comma-separated. */
  tasksTables: 'MILLRACE_TASKS_TABLES',
  definitionsTable: 'MILLRACE_DEFINITIONS_TABLE',
  schedulesTable: 'MILLRACE_SCHEDULES_TABLE',
  webhooksTable: 'MILLRACE_WEBHOOKS_TABLE',
  /** The table of what deliveries are signed with; only who signs, or makes secrets, may read it. */
  signingSecretsTable: 'MILLRACE_SIGNING_SECRETS_TABLE',
  /** Whose tasks the schedules of definitions make, unless they say it. */
  scheduleTenant: 'MILLRACE_SCHEDULE_TENANT',
  accessTable: 'MILLRACE_ACCESS_TABLE',
  statisticsTable: 'MILLRACE_STATISTICS_TABLE',
  /** The table of what has happened: failed attempts of tasks, former inputs, bulk actions, the audit; and the tags of tasks. */
  historyTable: 'MILLRACE_HISTORY_TABLE',
  /** The table of what the doors tell each other: how the lanes are, what executors did, what tenants submitted. */
  controlTable: 'MILLRACE_CONTROL_TABLE',
  payloadBucket: 'MILLRACE_PAYLOAD_BUCKET',
  /** Everything of a lane's queue URL before its name: `https://sqs.<region>.amazonaws.com/<account>/<prefix>-`. */
  queueUrlPrefix: 'MILLRACE_QUEUE_URL_PREFIX',
  /** Everything of a lane's ARN before its name. */
  queueArnPrefix: 'MILLRACE_QUEUE_ARN_PREFIX',
  deadLetterQueueUrl: 'MILLRACE_DEAD_LETTER_QUEUE_URL',
  indexShards: 'MILLRACE_INDEX_SHARDS',
  /** The settings of each class: `{"default":{"memoryMb":256,"timeoutSeconds":50,...}}`. */
  classes: 'MILLRACE_CLASSES',
  eventBus: 'MILLRACE_EVENT_BUS',
  /** The claim of a JWT that names the tenant. */
  tenantClaim: 'MILLRACE_TENANT_CLAIM',
  /** What a tenant may submit that comes with a JWT: `{"ratePerSecond":50,"maxOpenTasks":10000}`. */
  tenantLimits: 'MILLRACE_TENANT_LIMITS',
  retentionDays: 'MILLRACE_RETENTION_DAYS',
  auditRetentionDays: 'MILLRACE_AUDIT_RETENTION_DAYS',
  /** So many tasks a second may a bulk action be asked for, at most. */
  bulkRatePerSecond: 'MILLRACE_BULK_RATE_PER_SECOND',
  /** The function that carries out bulk actions. */
  bulkActionsFunction: 'MILLRACE_BULK_ACTIONS_FUNCTION',
  /** How many callers may wait for tasks at a time. */
  waiters: 'MILLRACE_WAITERS',
  /** Comma-separated hosts that tasks may call; see `functions/adapters/http/outbound-policy.ts`. */
  outboundHosts: 'MILLRACE_OUTBOUND_HOSTS',
  resourceClass: 'MILLRACE_RESOURCE_CLASS',
  /** Names of the variables that a deployment has given the class, comma-separated. */
  ownVariables: 'MILLRACE_OWN_VARIABLES',
  /** Where the secrets of the class are: `{"STRIPE":{"secret":"arn:..."},"KEY":{"parameter":"/shop/key"}}`. */
  secrets: 'MILLRACE_SECRETS',
  /** What the steps of a task cost: `{"request":1481,...}`. */
  stepPrices: 'MILLRACE_STEP_PRICES',
  /** What an hour of the deployment costs whatever comes, in dollars. */
  fixedHourlyDollars: 'MILLRACE_FIXED_HOURLY_DOLLARS',
  /** `false`: the log has no lines of what went well. */
  routineLogs: 'MILLRACE_ROUTINE_LOGS',
  /** The share of requests that are traced: `0.01`. Without it nothing is. */
  tracedShare: 'MILLRACE_TRACED_SHARE',
} as const;

/** How long API Gateway remembers what a key may do, and so how long a revoked key still works. */
export const AUTHORIZER_CACHE_SECONDS = 60;

/** What a key may do to its tenant's own; `platform`: what touches all tenants. */
export type Scope = 'submit' | 'read' | 'operate' | 'admin' | 'platform';

/**
 * The routes that API Gateway matches for us, with the scope that the caller's key must have. The gateway hands
 * over the key of the route it matched, so a door looks it up and parses no path.
 */
export const ROUTES = {
  'POST /api/tasks': 'submit',
  'POST /api/tasks/batch': 'submit',
  'GET /api/tasks': 'read',
  'GET /api/tasks/count': 'read',
  'GET /api/tasks/{id}': 'read',
  'DELETE /api/tasks/{id}': 'operate',
  'GET /api/tasks/{id}/subtasks': 'read',
  'GET /api/tasks/{id}/inputs': 'read',
  'GET /api/tasks/{id}/attempts': 'read',
  'GET /api/tasks/{id}/logs': 'operate',
  'POST /api/tasks/{id}/cancel': 'operate',
  'POST /api/tasks/{id}/retry': 'operate',
  'POST /api/bulk-actions': 'operate',
  'GET /api/bulk-actions': 'read',
  'GET /api/bulk-actions/{id}': 'read',
  'POST /api/bulk-actions/{id}/abort': 'operate',
  'GET /api/lanes': 'read',
  'GET /api/lanes/{name}/dead-letters': 'operate',
  'GET /api/lanes/{name}/dead-letters/{id}': 'operate',
  'DELETE /api/lanes/{name}/dead-letters/{id}': 'operate',
  'POST /api/lanes/{name}/dead-letters/{id}/redrive': 'operate',
  'POST /api/lanes/{name}/redrive': 'operate',
  'GET /api/stats': 'read',
  'POST /api/schedules': 'submit',
  'GET /api/schedules': 'read',
  'GET /api/schedules/{id}': 'read',
  'PATCH /api/schedules/{id}': 'submit',
  'DELETE /api/schedules/{id}': 'operate',
  'POST /api/schedules/{id}/pause': 'operate',
  'POST /api/schedules/{id}/resume': 'operate',
  'POST /api/schedules/{id}/run': 'submit',
  'GET /api/audit': 'admin',
  'GET /api/keys': 'admin',
  'DELETE /api/keys/{id}': 'admin',
  'POST /api/webhooks': 'admin',
  'GET /api/webhooks': 'read',
  'POST /api/webhooks/secret': 'admin',
  'GET /api/webhooks/{id}': 'read',
  'DELETE /api/webhooks/{id}': 'operate',
  'POST /api/webhooks/{id}/secret': 'admin',
  'POST /api/webhooks/{id}/pause': 'operate',
  'POST /api/webhooks/{id}/resume': 'operate',
  'GET /api/definitions': 'read',
  'GET /api/definitions/{type}': 'read',
  'PATCH /api/definitions/{type}': 'platform',
} as const satisfies Record<string, Scope>;
export type RouteKey = keyof typeof ROUTES;

/**
 * The route that a function of its own answers, so that those who wait for a task take nothing from the router, which answers all
 * others (`docs/decisions/waiters-have-a-function.md`).
 */
export const WAITER_ROUTE = 'GET /api/tasks/{id}' satisfies RouteKey;

/** Routes that everyone may call. */
export const OPEN_ROUTES = ['GET /api/health', 'GET /api/openapi.json'] as const;
export type OpenRouteKey = (typeof OPEN_ROUTES)[number];

/** What a browser asks before a page of another origin may call; a route of its own, since all others under the base path ask for a key. */
export const PREFLIGHT_ROUTE = 'OPTIONS /api/{proxy+}';

/** Routes of the console's page and its files, which are for everyone: what they show, they read with the key of the user. */
export const CONSOLE_ROUTES = ['GET /console', 'GET /console/{proxy+}'] as const;
/** The directory of these files in the bundle of their door. */
export const CONSOLE_SITE = 'site';

/** Everything else under the base path: the router answers it with a problem document. */
export const FALLBACK_ROUTE = 'ANY /api/{proxy+}';

/** `source` of the events on the bus. */
export const EVENT_SOURCE = 'millrace';

/** `detail-type` of the events on the bus: what a task has just become. */
export const TASK_EVENTS = [
  'task.scheduled',
  'task.queued',
  'task.running',
  'task.waiting',
  'task.succeeded',
  'task.failed',
  'task.cancelled',
] as const;
export type TaskEventName = (typeof TASK_EVENTS)[number];

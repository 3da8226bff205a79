import type { FieldError } from './millrace-error.ts';

/** The error of a task that failed, or of its latest attempt. */
export type TaskError = { readonly code: string; readonly message: string; readonly retryable: boolean };

export type Priority = 'high' | 'normal' | 'low';

export type TaskStatus = 'scheduled' | 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';

/** A task as lists show it. */
export type TaskSummary = {
  readonly id: string;
  readonly tenantId: string;
  readonly type: string;
  readonly priority: Priority;
  readonly status: TaskStatus;
  /** Attempts so far. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  readonly error?: TaskError;
  readonly assignee?: { readonly type: string; readonly id: string };
  readonly workflowInstanceId?: string;
  readonly tags?: string[];
  /** The task whose subtask this one is. */
  readonly parentId?: string;
  /** The schedule that it, or the task whose subtask it is, is of, and when that firing was due. */
  readonly schedule?: { readonly id: string; readonly time: string };
  /** Into how many subtasks it was fanned out. */
  readonly subtaskCount?: number;
  /** How far the attempt under way is. */
  readonly progress?: { readonly fraction: number; readonly note?: string };
  readonly executorKey: string;
  readonly queueName: string;
  readonly createdAt: string;
  /** When it was asked to run, or when its next attempt may start. */
  readonly runAt?: string;
  /** When the latest attempt started. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** It is running, and is to end as cancelled. */
  readonly cancelRequestedAt?: string;
  readonly traceId?: string;
};

/** How many tasks fit a filter. Where that is not exact, there are so many at least. */
export type TaskCount = {
  readonly total: number;
  readonly byStatus: Readonly<Record<TaskStatus, number>>;
  readonly isExact: boolean;
};

/** One attempt of a task. */
export type Attempt = {
  readonly number: number;
  /** `lost`: nothing was kept of it, mostly since its executor was killed. */
  readonly outcome: 'running' | 'succeeded' | 'failed' | 'retried' | 'cancelled' | 'fanned_out' | 'given_back' | 'lost';
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly executorKey?: string;
  readonly error?: TaskError & {
    /** Of what its handler threw: `TypeError`. */
    readonly class?: string;
    /** What lay behind it, the next first. */
    readonly causes?: readonly { readonly class?: string; readonly code?: string; readonly message: string }[];
    /** The places in the code of the handler, by the lines of its source, one a line. */
    readonly stack?: string;
  };
  readonly progress?: TaskSummary['progress'];
};

/** What was logged about a task. */
export type LogLine = {
  readonly time: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  /** Missing where the line is about a whole batch. */
  readonly attempt?: number;
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** One page of a list; the last where `nextCursor` is null. */
export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };

/** A dead letter, and what is in it as far as the key may see. */
export type DeadLetterDetails = {
  readonly messageId: string;
  readonly sentAt: string;
  readonly reason: DeadLetter['reason'];
  readonly tasks: readonly (Pick<TaskSummary, 'id' | 'type' | 'tenantId' | 'executorKey' | 'createdAt'> &
    Partial<Pick<TaskSummary, 'status' | 'attempt' | 'error'>> & { readonly input?: unknown })[];
  /** Tasks of other tenants in the same message. */
  readonly ofOthers: number;
  /** What can be sent again with changes. */
  readonly message?: Readonly<Record<string, unknown>>;
  /** What the message is where it cannot be read. */
  readonly text?: string;
};

/** What somebody did as an operator or administrator. */
export type Act = {
  readonly time: string;
  /** A key by its id, or the subject of a token. */
  readonly actor: { readonly kind: 'key' | 'token'; readonly id: string };
  /** The `operationId` of the call. */
  readonly action: string;
  readonly resource: string;
  /** The status that it was answered with. */
  readonly outcome: number;
  readonly requestId: string;
};

/** A key of the tenant, as far as others may know it. */
export type Key = {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly scopes: readonly ('submit' | 'read' | 'operate' | 'admin' | 'platform')[];
  /** Tasks that may be submitted a second; missing where they are not limited. */
  readonly ratePerSecond?: number;
  /** Tasks that may be under way; missing where they are not limited. */
  readonly maxOpenTasks?: number;
  readonly createdAt: string;
  /** Whether it is the key that asks. */
  readonly isCaller: boolean;
};

type LaneKind = Priority | 'batch' | 'express';

export type Lane = {
  readonly name: string;
  readonly resourceClass: string;
  readonly kind: LaneKind;
  /** What `kind` was called before. */
  readonly priority: LaneKind;
  /** Tasks that wait, about. */
  readonly depth: number;
  /** Tasks that executors hold, about. */
  readonly inFlight: number;
  readonly deadLetters: number;
  readonly maxConcurrency: number;
  readonly estimatedWaitSeconds: number | null;
  readonly worstWaitSeconds: number | null;
  readonly admission: 'open' | 'closed';
};

/** What a call has not seen of the dead letters. */
type Unseen = {
  readonly hasMore: boolean;
  /** What `hasMore` was called before. */
  readonly isMoreLeft: boolean;
  readonly isAnotherUnderWay?: true;
};

export type DeadLetter = {
  readonly messageId: string;
  readonly sentAt: string;
  readonly reason: { readonly code: 'malformed' | 'newer_version' | 'deliveries_exhausted'; readonly message: string };
  readonly task?: {
    readonly id: string;
    readonly type: string;
    readonly status?: TaskStatus;
    readonly attempt?: number;
    readonly error?: TaskError;
  };
  readonly tenantId?: string;
};
export type DeadLetters = Unseen & { readonly items: readonly DeadLetter[] };

/** How many dead letters were sent again, and why others were not. */
export type Redriven = Unseen & {
  readonly messages: number;
  readonly tasks: number;
  readonly unreadable: number;
  readonly refused: number;
  readonly ofOthers: number;
};

type Percentiles = { readonly p50: number; readonly p95: number; readonly p99: number } | null;

export type Counts = {
  readonly accepted: number;
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retried: number;
  readonly reopened: number;
  readonly waitMilliseconds: Percentiles;
  readonly runMilliseconds: Percentiles;
  readonly cost: { readonly usd: number; readonly computeUsd: number };
};

/** What something has cost in a minute. */
export type MinuteCost = { readonly minute: string; readonly usd: number; readonly computeUsd: number };

/** What happened to tasks, by minute. */
export type Statistics = {
  readonly from: string;
  readonly to: string;
  readonly total: Counts;
  readonly byType: readonly (Counts & { readonly type: string; readonly costs: readonly MinuteCost[] })[];
  /** With `tenants: 'all'`. */
  readonly byTenant?: readonly (Counts & { readonly tenantId: string; readonly costs: readonly MinuteCost[] })[];
  /** So many tenants are not counted, since they are too many. */
  readonly tenantsLeftOut?: number;
  /** What the deployment costs whatever comes, for keys with the scope `platform`; it is in no other cost. */
  readonly fixed?: { readonly usdPerHour: number; readonly usd: number };
  readonly items: readonly (Counts & { readonly minute: string })[];
};

/** What of a task type can be changed without a deploy. */
export type DefinitionSettings = {
  readonly paused: boolean;
  readonly priority: Priority;
  readonly timeoutSeconds: number;
  readonly maxAttempts: number;
};

export type Definition = Omit<DefinitionSettings, 'maxAttempts'> & {
  readonly type: string;
  readonly description: string;
  readonly resources: string;
  readonly retry: { readonly maxAttempts: number; readonly baseDelaySeconds: number; readonly maxDelaySeconds: number };
  /** Days that its tasks are kept after their end, where that is not as long as others. */
  readonly retentionDays?: number;
  readonly batch?: { readonly maxSize: number; readonly windowSeconds: number };
  readonly settings: Partial<DefinitionSettings>;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** A digest of it. */
  readonly inputVersion?: string;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
};

/** The task types of a deployment, and those whose definition cannot be loaded. */
export type Definitions = {
  readonly items: readonly Definition[];
  readonly broken?: readonly { readonly type: string; readonly reason: string }[];
};

/** A problem document of the API (RFC 9457). */
export type ProblemDocument = {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly estimatedWaitSeconds?: number;
};

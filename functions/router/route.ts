import type * as z from 'zod';
import type { Scope } from '../contract.ts';
import type { AuditStore } from '../core/audit/audit.ts';
import type { BulkActionStore } from '../core/bulk-action/bulk-action.ts';
import type { TaskCatalog, TaskDefinition } from '../core/define-task.ts';
import type { TaskHistory } from '../core/deletion/task-history.ts';
import type { TaskDeletions } from '../core/deletion/tombstone.ts';
import type { FanOuts } from '../core/fan-out/fan-outs.ts';
import type { FormerInputs } from '../core/fan-out/former-inputs.ts';
import type { DeadLetters } from '../core/lane/dead-letters.ts';
import type { QueueDepths } from '../core/lane/lane.ts';
import type { TaskRevisions } from '../core/lane/revision.ts';
import type {
  Clock,
  Log,
  Meter,
  PayloadStore,
  Sleep,
  Statistics,
  TaskQueue,
  TaskStore,
  Tracing,
} from '../core/ports.ts';
import type { ScheduleStore } from '../core/schedule/schedule.ts';
import type { AttemptStore } from '../core/task/attempt-record.ts';
import type { Ids, TenantId } from '../core/task/ids.ts';
import type { ExecutorLogs } from '../core/task/task-logs.ts';
import type { SettingsStore } from '../core/task-settings.ts';
import type { AccessStore } from '../core/tenant/access-key.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';
import type { WaiterSlots } from '../core/wait/wait-for-end.ts';
import type { SigningSecrets } from '../core/webhook/signature.ts';
import type { WebhookStore } from '../core/webhook/webhook.ts';
import type { DeployedClasses } from '../resource-classes.ts';
import type { ProblemCode } from './http/problem.ts';
import type { LaneGate } from './submit/lane-gate.ts';
import type { TenantGate } from './submit/tenant-gate.ts';
import type { TraceSampler } from './trace-sampler.ts';

export type RouterPorts = {
  readonly store: TaskStore;
  readonly deletions: TaskDeletions;
  readonly history: TaskHistory;
  readonly revisions: TaskRevisions;
  readonly attempts: AttemptStore;
  readonly logs: ExecutorLogs;
  readonly fanOuts: FanOuts;
  readonly formerInputs: FormerInputs;
  readonly queue: TaskQueue;
  readonly payloads: PayloadStore;
  readonly settings: SettingsStore;
  readonly statistics: Statistics;
  readonly schedules: ScheduleStore;
  readonly audit: AuditStore;
  readonly access: Pick<AccessStore, 'list' | 'revoke'>;
  readonly webhooks: WebhookStore;
  readonly signingSecrets: SigningSecrets;
  readonly bulkActions: Pick<BulkActionStore, 'create' | 'get' | 'getAll'>;
  /** Has bulk actions begun, and does not wait for it. Throws where nobody can be called. */
  readonly startBulkActions: () => Promise<void>;
  /** So many tasks a second may a bulk action be asked for, at most. */
  readonly bulkRatePerSecond: number;
  /** Says why nobody may be called at a URL, where the outbound policy of the deployment is against it. */
  readonly checkOutbound: (url: string) => Promise<string | undefined>;
  readonly deadLetters: DeadLetters;
  readonly lanes: LaneGate;
  readonly tenants: TenantGate;
  readonly depths: QueueDepths;
  readonly slots: WaiterSlots;
  readonly catalog: TaskCatalog;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly ids: Ids;
  readonly meter: Meter;
  readonly tracing: Tracing;
  /** Decides which requests are traced. */
  readonly sampler: TraceSampler;
  /** The router's own name: its segments have it. */
  readonly functionName: string;
  readonly log: Log;
  /** Stands before a lane's name in the name of its queue. */
  readonly queueNamePrefix: string;
  readonly tableShards: number;
  readonly classes: DeployedClasses;
  readonly retentionDays: number;
  /** What an hour of the deployment costs whatever comes. */
  readonly fixedHourlyDollars: number;
  /** The claim of a JWT that names the tenant, where callers come with one. */
  readonly tenantClaim: string | undefined;
  /** The limits of each tenant that comes with a JWT; a key has its own. */
  readonly tenantLimits: TenantLimits;
};

export type Caller = {
  readonly tenantId: TenantId;
  readonly scopes: readonly Scope[];
  readonly limits: TenantLimits;
  /** The id of the key that calls; a caller with a token has none. */
  readonly keyId?: string | undefined;
  /** The subject of the token that calls, where it names one. */
  readonly subject?: string | undefined;
};

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** A parameter that is repeated comes with its values joined by commas, as API Gateway hands it over. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they were sent; empty where there are none. */
  readonly body: Buffer;
  /** Whether API Gateway took the body for text, by its content type alone: bytes that are no text are lost. */
  readonly cameAsText: boolean;
  /** The id that API Gateway gave it. */
  readonly requestId: string;
  /** When API Gateway took it, in milliseconds since the epoch: it waits 30 s from then on. */
  readonly receivedAt: number;
};

export type Response = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** It is sent as JSON. */
  readonly body: unknown;
  /** The call could have changed something, and was asked only what it would: that is no act. */
  readonly changesNothing?: true;
  /** Makes what is sent in its place where the body is more than Lambda can answer. */
  readonly shorter?: () => unknown;
};

/** Defines one operation of the API: what it does, and what its OpenAPI document says of it. */
export type Route<From = Caller, Ports = RouterPorts> = {
  /** A name for generated clients, unique in the document. */
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: (
    definitions: readonly TaskDefinition[],
    classes: DeployedClasses,
  ) => z.ZodType | Record<string, unknown>;
  readonly bodyIsOptional?: true;
  readonly response: {
    readonly status: number;
    readonly description: string;
    readonly schema: () => z.ZodType;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** What it answers otherwise, where a request asks for that. */
  readonly otherResponses?: readonly {
    readonly status: number;
    readonly description: string;
    readonly schema: () => z.ZodType;
    readonly example: unknown;
  }[];
  /** The codes that it may answer with, beside those that every route of its scope has. */
  readonly problems: readonly ProblemCode[];
  handle(request: Request, from: From, ports: Ports): Promise<Response>;
};

/** Defines an operation that asks for no key. */
export type OpenRoute<Ports = RouterPorts> = Route<undefined, Ports>;

export type Parameter = {
  readonly in: 'path' | 'header' | 'query';
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: () => z.ZodType;
};

import type { Work } from './work.ts';

export const PEER_NAMES = [
  'millrace',
  'hand-made',
  'bullmq',
  'pg-boss',
  'graphile-worker',
  'durable-functions',
] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** A task as every peer's API takes it. */
export type Task = {
  readonly type: 'work';
  readonly priority: 'high' | 'normal' | 'low';
  readonly input: Work;
};

export const TENANTS = ['noisy', 'quiet'] as const;
export type Tenant = (typeof TENANTS)[number];

/** What a process is there for. `store` is what all of it stands on: the emulator of AWS, or the server of a database. */
export const PARTS = ['door', 'worker', 'projector', 'control', 'store'] as const;
export type Part = (typeof PARTS)[number];

/** How often each operation was called. */
export type Calls = Readonly<Record<string, number>>;

/** A task that is over. */
export type Ended = {
  readonly id: string;
  readonly status: 'succeeded' | 'failed';
  /** Milliseconds of this machine's clock, as the system itself has written them down. */
  readonly finishedAt: number;
};

/** What is measured: a system that takes tasks at `POST /api/tasks` and `POST /api/tasks/batch`, and runs them. */
export type Peer = {
  readonly name: PeerName;
  readonly title: string;
  /** What it consists of and how it is set up, in sentences. */
  readonly setup: readonly string[];
  /** Why it may be better than Millrace, in a sentence, where it is. */
  readonly advantage: string;
  /** The measures that it cannot take part in, and why not. */
  readonly exempt: Readonly<Record<string, string>>;
  readonly url: string;
  /** The key of each tenant. */
  readonly keys: Readonly<Record<Tenant, string>>;
  /** What one request of a bulk submit may hold. */
  readonly tasksPerBulk: number;
  /** How long at the most its documents make one wait for tasks whose workers were killed, and a reserve. */
  readonly killLimitSeconds: number;
  /** Its processes, by id. */
  processes(): ReadonlyMap<number, Part>;
  /** What it has called of AWS or of its database so far, without what is asked here. */
  calls(): Promise<Calls>;
  /** Which of some tasks of a tenant are over, read where the system keeps them. */
  ended(ids: readonly string[], tenant: Tenant): Promise<readonly Ended[]>;
  /** Kills every worker at once. What would start them anew in a deployment does so here, after a second. */
  killWorkers(): void;
  stop(): Promise<void>;
};

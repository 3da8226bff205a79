/** Where to tell of the end of a task, and of which. */
export type EndTarget = {
  /** Where to POST it, within the `outboundHosts` of the deployment. */
  readonly url: string;
  /** All unless given. */
  readonly statuses?: readonly ('succeeded' | 'failed' | 'cancelled')[] | undefined;
  /** Tells the output as well, up to 64 KB of it. */
  readonly includeOutput?: boolean | undefined;
};

/** What makes a webhook. */
export type NewWebhook = EndTarget & {
  /** Of tasks of these types, subtasks among them; unless given, of all tasks that are no subtasks. */
  readonly types?: readonly string[] | undefined;
  readonly name?: string | undefined;
  /** Requests of one key are one webhook. The client makes a key where none is given, so that it can try again. */
  readonly idempotencyKey?: string | undefined;
};

export type Webhook = Omit<NewWebhook, 'idempotencyKey'> & {
  readonly id: string;
  readonly tenantId: string;
  readonly includeOutput: boolean;
  readonly paused: boolean;
  /** `gone`: its receiver has answered 410. */
  readonly pauseReason?: 'asked' | 'gone';
  readonly pausedAt?: string;
  readonly createdAt: string;
};

/** A secret, which is shown when it is made, and never again. */
export type SigningSecret = {
  readonly secret: string;
  /** Until when the one before signs as well. */
  readonly previousUntil?: string;
};

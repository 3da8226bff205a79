import type { TenantId } from '../task/ids.ts';
import type { FinishedTask } from '../task/task.ts';
import { type EndTarget, isOfStatus } from './end-target.ts';

declare const brand: unique symbol;

/** `wh_<26 characters>`. */
export type WebhookId = string & { readonly [brand]: 'WebhookId' };

/** Why a webhook is told nothing: somebody has asked for that, or its receiver has answered 410 Gone. */
export type Pause = { readonly at: number; readonly reason: 'asked' | 'gone' };

/** Who is told of the ends of a tenant's tasks. Times are milliseconds since the epoch. */
export type Webhook = EndTarget & {
  readonly id: WebhookId;
  /** The types of the tasks; of all, where it is empty. */
  readonly types: readonly string[];
  readonly name?: string;
  readonly createdAt: number;
  /** Names what was asked for, where it was made with an idempotency key. */
  readonly fingerprint?: string;
  readonly pause?: Pause;
};

/** A tenant may have so many: each end is told to each, and all are one row, which is read for each batch of ends. */
export const MAX_WEBHOOKS = 20;

/** A webhook may name so many types. */
export const MAX_WEBHOOK_TYPES = 50;

const WEBHOOK_ID = /^wh_[0-9A-HJKMNP-TV-Z]{26}$/;

/** Reads a webhook's id as a caller wrote it; `undefined` where it cannot be one. */
export const parseWebhookId = (text: string): WebhookId | undefined =>
  WEBHOOK_ID.test(text) ? (text as WebhookId) : undefined;

/** Makes an id of a unique part of 26 characters. */
export const webhookIdOf = (unique: string): WebhookId => `wh_${unique}` as WebhookId;

/**
 * Says whether a webhook is told of a task. A subtask is a part of another task: it is told only to a webhook that names its
 * type.
 */
export const isToldOf = (webhook: Webhook, task: FinishedTask): boolean =>
  webhook.pause === undefined &&
  (webhook.types.length === 0 ? task.parent === undefined : webhook.types.includes(task.type)) &&
  isOfStatus(webhook, task.status);

/** Names what a delivery is for, and is signed as: a webhook, or what a submit has asked for. */
export type Subscriber = WebhookId | typeof ON_END;
export const ON_END = 'onEnd';

/** Returns the webhooks with this one in the place of what it was; `undefined` where it is not there any more. */
export function withWebhook(webhooks: readonly Webhook[], webhook: Webhook): readonly Webhook[] | undefined {
  const place = webhooks.findIndex(({ id }) => id === webhook.id);
  return place < 0 ? undefined : webhooks.with(place, webhook);
}

/** A tenant's webhooks, in the order in which they were made, as their row is in one revision; 0 where there is none. */
export type Webhooks = { readonly revision: number; readonly webhooks: readonly Webhook[] };

/** Keeps webhooks, a row for each tenant. */
export interface WebhookStore {
  /** Returns a tenant's webhooks as they are now. */
  get(tenantId: TenantId): Promise<Webhooks>;
  /** Takes the place of the revision before, unless another has. What is there already is its own: its answer was lost. */
  replace(tenantId: TenantId, next: Webhooks): Promise<'replaced' | 'lost'>;
}

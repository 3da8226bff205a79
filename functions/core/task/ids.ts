import { hash } from 'node:crypto';
import { TENANT_ID } from '../../contract.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `<26 characters>-<table shard>`; the characters sort by creation time unless the id derives from a key. */
export type TaskId = Branded<'TaskId'>;
/** The owner of tasks. Comes from the caller's credentials, never from a request body. */
export type TenantId = Branded<'TenantId'>;
/** A place in the order of creation; a later place is the greater text. */
export type TaskOrder = Branded<'TaskOrder'>;
/** Names one claim of a task; only its holder may settle. */
export type LeaseToken = Branded<'LeaseToken'>;

/** Makes what no other has. */
export interface Ids {
  /** Returns 26 characters of Crockford's base 32 that sort by `now`. */
  unique(now: number): string;
  leaseToken(): LeaseToken;
  /** Returns a key that nobody can guess, in base64: 192 random bits, as Standard Webhooks asks for at least. */
  signingKey(): string;
}

/** Crockford's base 32, in which ULIDs are written: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TASK_ID = /^[0-9A-HJKMNP-TV-Z]{26}-\d{1,3}$/;

/** Reads a task id as a caller wrote it; `undefined` where it cannot be one. */
export const parseTaskId = (text: string): TaskId | undefined => (TASK_ID.test(text) ? (text as TaskId) : undefined);

/** Reads a tenant id: up to 63 lower-case letters, digits and hyphens; `undefined` if it cannot be one. */
export const parseTenantId = (text: string): TenantId | undefined =>
  TENANT_ID.test(text) ? (text as TenantId) : undefined;

/** Returns the shard of the task table that holds a task's row. */
export const tableShardOf = (id: TaskId): number => Number(id.slice(id.indexOf('-') + 1));

/** Puts the table shard behind a unique part of 26 characters, so that a reader finds the table from the id. */
export const taskIdOf = (unique: string, tableShard: number): TaskId => `${unique}-${tableShard}` as TaskId;

/** Returns the unique part of an id that stands for a tenant's idempotency key: 130 bits of SHA-256. */
export function uniqueFromKey(tenantId: TenantId, idempotencyKey: string): string {
  const digest = hash('sha256', `${tenantId}\n${idempotencyKey}`, 'buffer');
  return Array.from(digest.subarray(0, 26), (byte) => ALPHABET[byte % 32]).join('');
}

/** Returns the id of a subtask, the same when the fan-out is made again. Its table is its parent's. */
export function subtaskIdOf(tenantId: TenantId, parentId: TaskId, attempt: number, index: number): TaskId {
  return taskIdOf(uniqueFromKey(tenantId, `${parentId}\n${attempt}\n${index}`), tableShardOf(parentId));
}

const ORDER = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const TIME_CHARACTERS = 10;

/**
 * Returns where a task stands among all others by creation time: 10 characters of milliseconds, and 16 of the id, so that no
 * two are equal. It is the first part of the id unless that derives from a key.
 */
export const orderOf = ({ id, createdAt }: { readonly id: TaskId; readonly createdAt: number }): TaskOrder =>
  (orderFrom(createdAt) + id.slice(TIME_CHARACTERS, 26)) as TaskOrder;

/** Returns what is less than the place of each task that was created at `time` or later, and greater than that of every other. */
export function orderFrom(time: number): string {
  let text = '';
  for (let rest = time; text.length < TIME_CHARACTERS; rest = Math.floor(rest / 32)) {
    text = ALPHABET[rest % 32] + text;
  }
  return text;
}

/** Reads a task's place as it was written; `undefined` if it cannot be one. */
export const parseTaskOrder = (text: string): TaskOrder | undefined =>
  ORDER.test(text) ? (text as TaskOrder) : undefined;

/** Returns when the task at a place was created, in milliseconds since the epoch. */
export const createdAtOf = (order: TaskOrder): number =>
  [...order.slice(0, TIME_CHARACTERS)].reduce((time, character) => time * 32 + ALPHABET.indexOf(character), 0);

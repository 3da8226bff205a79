import { hash } from 'node:crypto';
import type { Scope } from '../../contract.ts';
import type { TenantId } from '../task/ids.ts';
import type { TenantLimits } from './tenant-limits.ts';

/** What a key may be granted. */
export const SCOPES = ['submit', 'read', 'operate', 'admin', 'platform'] as const satisfies readonly Scope[];

/** What the holder of a key may do, and as whom. */
export type AccessGrant = {
  readonly tenantId: TenantId;
  readonly scopes: readonly Scope[];
  /** Says whom or what the key is for; it is shown to people only. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly limits?: TenantLimits;
};

/** Keeps who holds which key, by the hash of the key: a key itself is never kept. */
export interface AccessStore {
  find(keyHash: string): Promise<AccessGrant | undefined>;
  /** Replaces the grant of the same key, if there is one. */
  put(keyHash: string, grant: AccessGrant): Promise<void>;
  /** Returns a page of a tenant's grants, the oldest first, and where the next one begins; nothing where none does. */
  list(tenantId: TenantId, limit: number, after?: GrantPlace): Promise<GrantPage>;
  /** Ends the one grant of the tenant that has this id. Nothing is done where several have. */
  revoke(tenantId: TenantId, id: string): Promise<'revoked' | 'missing' | 'ambiguous'>;
}

/** A grant, and what people call its key: the beginning of its hash. */
export type ListedGrant = AccessGrant & { readonly id: string };

/** The place of a grant in the list of its tenant. */
export type GrantPlace = Pick<ListedGrant, 'createdAt' | 'id'>;
export type GrantPage = { readonly grants: readonly ListedGrant[]; readonly next?: GrantPlace };

/** Orders grants as lists have them: by age, and those of one moment by id. */
export const inOrderOfAge = (a: GrantPlace, b: GrantPlace): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : Number(a.id > b.id));

/** Makes the page of `limit` grants that begins a list. */
export function firstPage(grants: readonly ListedGrant[], limit: number): GrantPage {
  const ordered = grants.toSorted(inOrderOfAge);
  const page = ordered.slice(0, limit);
  const last = page.at(-1);
  return last === undefined || ordered.length <= limit
    ? { grants: page }
    : { grants: page, next: { createdAt: last.createdAt, id: last.id } };
}

const KEY_BYTES = 32;

/** Returns the key that 32 random bytes stand for: `mr_` and 43 characters of base64url. */
export function newAccessKey(random: Uint8Array): string {
  if (random.length !== KEY_BYTES) throw new RangeError(`A key takes ${KEY_BYTES} random bytes, not ${random.length}.`);
  return `mr_${Buffer.from(random).toString('base64url')}`;
}

/** Says whether a text can be a key: what cannot need not be looked for. */
export const isAccessKey = (text: string): boolean => /^mr_[\w-]{43}$/.test(text);

/** Returns the SHA-256 of a key in hex. A key is 256 random bits, so that nothing slower is needed. */
export const hashAccessKey = (key: string): string => hash('sha256', key);

const ID_CHARACTERS = 12;

/** Returns the id by which people name a key that they may not see. */
export const accessKeyId = (keyHash: string): string => keyHash.slice(0, ID_CHARACTERS);

/** Reads a scope as somebody wrote it; `undefined` where there is none of that name. */
export const parseScope = (text: string): Scope | undefined => SCOPES.find((scope) => scope === text);

import type { TenantId } from '../task/ids.ts';

/** Who calls: a key by its id, or the subject of a token. */
export type Actor = { readonly kind: 'key' | 'token'; readonly id: string };

/** One call that changed something, or was to, in the name of an operator or administrator. */
export type Act = {
  /** When it was answered, in milliseconds since the epoch. */
  readonly time: number;
  readonly actor: Actor;
  /** The `operationId` of the call. */
  readonly action: string;
  /** What it was about: the path below `/api/`, as far as that names something. */
  readonly resource: string;
  /** The status that it was answered with. */
  readonly outcome: number;
  /** The id that API Gateway gave the request; no two have one. */
  readonly requestId: string;
};

export type AuditFilter = {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** Acts from then on, and before `to`; milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
};

export type AuditQuery = AuditFilter & {
  readonly tenantId: TenantId;
  /** The most acts of a page. */
  readonly limit: number;
  /** The place behind which the page begins. */
  readonly after?: string | undefined;
};

/** The newest act comes first. A page is full, or the last, or all that fits among what is looked at for one. */
export type AuditPage = { readonly acts: readonly Act[]; readonly next?: string };

/** Keeps what operators and administrators did, for as long as the deployment says. */
export interface AuditStore {
  /** Keeps an act; twice is as good as once. */
  record(tenantId: TenantId, act: Act): Promise<void>;
  list(query: AuditQuery): Promise<AuditPage>;
}

/** Returns the place of an act in the order of time: a later one is the greater text. */
export const placeOf = ({ time, requestId }: Pick<Act, 'time' | 'requestId'>): string =>
  `${new Date(time).toISOString()}#${requestId}`;

/** Returns the place behind all acts of a day, which `YYYY-MM-DD` names, and before those of the next. */
export const endOfDay = (day: string): string => `${day}T23:59:59.999Z~`;

const PLACE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(#[\w=/+-]{1,64}|~)$/;

/** Reads a place as it was written; `undefined` where it can be none. */
export const parsePlace = (text: string): string | undefined =>
  PLACE.test(text) && isTime(text.slice(0, ISO_CHARACTERS)) ? text : undefined;

const ISO_CHARACTERS = 'YYYY-MM-DDThh:mm:ss.sssZ'.length;

/** Says whether a text of this form names a time that there is. */
const isTime = (text: string): boolean => {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
};

/** Returns the day of a place or of a time in ISO 8601. */
export const dayOf = (text: string): string => text.slice(0, 'YYYY-MM-DD'.length);

/** Returns the day before. */
export const dayBefore = (day: string): string =>
  dayOf(new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString());

/** Says whether an act fits what is asked for beside the time. */
export const isAskedFor = ({ actor: { id }, action }: Act, asked: Pick<AuditFilter, 'actor' | 'action'>): boolean =>
  (asked.actor === undefined || asked.actor === id) && (asked.action === undefined || asked.action === action);

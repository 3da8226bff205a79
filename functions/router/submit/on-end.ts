import { sentPart } from '../../core/task/fingerprint.ts';
import type { TaskId } from '../../core/task/ids.ts';
import { INLINE_INPUT_BYTES, keepUntilOf, type Payload } from '../../core/task/payload.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { type EndTarget, keptTarget } from '../../core/webhook/end-target.ts';
import { type FieldError, NOTHING_KEPT, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, RouterPorts } from '../route.ts';

/**
 * Says what the deployment has against the URL of an `onEnd`, whatever else is wrong with it. Throws the problem of a key that may
 * not read: it would be told how its task ends, and what comes of it.
 */
export async function onEndErrors(submit: unknown, { scopes }: Caller, ports: RouterPorts): Promise<FieldError[]> {
  const { onEnd } = (submit ?? {}) as { readonly onEnd?: Partial<EndTarget> | null };
  if (onEnd === undefined || onEnd === null) return [];
  if (!scopes.includes('read')) {
    throw new Problem('missing_scope', 'onEnd tells how a task ends: it needs a key with the scope read as well');
  }
  return urlErrors(onEnd.url, '/onEnd/url', ports);
}

/** Says what the deployment has against a URL that is to be told of ends; what is no URL of HTTP is for the schema to refuse. */
export async function urlErrors(
  url: unknown,
  field: string,
  { checkOutbound }: Pick<RouterPorts, 'checkOutbound'>,
): Promise<FieldError[]> {
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return [];
  const message = await checkOutbound(url);
  return message === undefined ? [] : [{ field, message }];
}

type Asked = {
  readonly draft: Pick<TaskSeed, 'tenantId' | 'fingerprint' | 'createdAt' | 'runAt' | 'retentionDays'>;
  readonly onEnd: EndTarget | undefined;
  readonly idempotencyKey: string | undefined;
};

/** What stays of it in the row of its task is no more than that a reference to the input beside it has the room of an input. */
const INLINE_ON_END_BYTES = 140;
/** Its attribute has a name, too. */
const NAME_BYTES = 'onEndRef'.length;

/** Keeps whom a submit asks to be told, for as long as its task may need it. */
export async function storeOnEnd(
  { draft, onEnd, idempotencyKey }: Asked,
  id: TaskId,
  { payloads, retentionDays }: RouterPorts,
): Promise<{ readonly onEnd?: Payload }> {
  if (onEnd === undefined) return {};
  const { tenantId, fingerprint, createdAt, runAt = createdAt } = draft;
  // As an input, it is named by what was sent: a second submit of one key must not replace that of the first.
  const name = idempotencyKey === undefined ? 'on-end' : `on-end-${sentPart(fingerprint)}`;
  const keepUntil = keepUntilOf(draft, runAt, retentionDays);
  const kept = payloads.put(tenantId, id, name, keptTarget(onEnd), keepUntil, INLINE_ON_END_BYTES);
  return { onEnd: await orUnavailable(kept, NOTHING_KEPT) };
}

/** Returns how much of an input stays in its row: what `onEnd` and tags take there is not the input's, so that the row grows by none of it. */
export const inputRoomBeside = (onEnd: Payload | undefined, tags: readonly string[] = []): number =>
  INLINE_INPUT_BYTES - onEndBytes(onEnd) - (tags.length === 0 ? 0 : 'tags'.length + tags.join(' ').length);

const onEndBytes = (onEnd: Payload | undefined): number =>
  onEnd === undefined ? 0 : NAME_BYTES + Buffer.byteLength('ref' in onEnd ? onEnd.ref : JSON.stringify(onEnd.inline));

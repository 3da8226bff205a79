import { type TaskContext, TaskFailure } from '../../core/define-task.ts';
import type { HttpBody } from '../../core/http-client.ts';
import type { Clock, PayloadStore, Random } from '../../core/ports.ts';
import { type Ids, parseTenantId, type TenantId } from '../../core/task/ids.ts';
import { DELIVERY_ATTEMPTS, DELIVERY_WAITS, type Delivery } from '../../core/webhook/delivery.ts';
import {
  type SigningSecret,
  type SigningSecrets,
  secretOf,
  signedHeaders,
  signingAt,
} from '../../core/webhook/signature.ts';
import { ON_END, type Subscriber, type WebhookId, type WebhookStore, withWebhook } from '../../core/webhook/webhook.ts';

export type DeliverPorts = {
  readonly webhooks: WebhookStore;
  readonly signingSecrets: SigningSecrets;
  readonly payloads: Pick<PayloadStore, 'get'>;
  readonly ids: Pick<Ids, 'signingKey'>;
  readonly clock: Clock;
  readonly random: Random;
};

/** A receiver has so long to begin its answer: what it makes of an event is for afterwards. */
const ANSWER_SECONDS = 15;

/** Of an answer that has begun its end is waited for so long, from when a connection was asked for. */
const WHOLE_MILLISECONDS = 18_000;

/** An output of so many bytes of JSON is told; of a larger one, where it is read. */
const MAX_OUTPUT_BYTES = 65_536;

/** No wait that a receiver asks for is longer than a day. */
const LONGEST_WAIT_SECONDS = 86_400;

/** Each wait is longer by up to this part of it, so that what has failed together does not come again together. */
const JITTER = 0.1;

/** So much of an answer is read, to keep its connection. Nothing is made of it. */
const DISCARDED_BYTES = 16_384;

/** Tells one end to one receiver, once. What goes wrong is a failure that says when to try again, if that is of use. */
export async function deliver(delivery: Delivery, ctx: TaskContext, ports: DeliverPorts): Promise<{ status: number }> {
  try {
    return await tell(delivery, ctx, ports);
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    // A table that does not answer may do so for longer than a few quick tries.
    ctx.log('delivery not made', { reason: String(error) });
    throw again('unavailable', 'a part of the platform does not answer', ctx, ports);
  }
}

async function tell(delivery: Delivery, ctx: TaskContext, ports: DeliverPorts): Promise<{ status: number }> {
  const tenantId = parseTenantId(ctx.task.tenantId);
  if (tenantId === undefined) throw new TaskFailure('invalid_input', 'the delivery is of no tenant');
  const { subscriber } = delivery;
  const url = delivery.url ?? (await urlOf(tenantId, subscriber, ports));
  const secrets = await secretsOf(tenantId, subscriber, ports);
  const body = await bodyOf(tenantId, delivery, ports);
  const headers = signedHeaders(secrets, ctx.task.id, body, ports.clock());
  const { status, retryAfterSeconds } = await post(url, headers, body, ctx, ports);
  if (status >= 200 && status < 300) return { status };
  const message = `the receiver answered ${status}`;
  if (status !== 410) throw again(`http_${status}`, message, ctx, ports, retryAfterSeconds);
  if (subscriber !== ON_END) await pauseGone(tenantId, subscriber, ports);
  throw new TaskFailure(
    'http_410',
    `${message}: it wants no more${subscriber === ON_END ? '' : ', so the webhook is paused'}`,
  );
}

/** Returns where a webhook is told. Throws the failure of one that is gone, or paused: it is told nothing. */
async function urlOf(tenantId: TenantId, subscriber: Subscriber, { webhooks }: DeliverPorts): Promise<string> {
  const webhook = (await webhooks.get(tenantId)).webhooks.find(({ id }) => id === subscriber);
  if (webhook === undefined) throw new TaskFailure('webhook_deleted', 'the webhook is deleted');
  if (webhook.pause === undefined) return webhook.url;
  const why = webhook.pause.reason === 'gone' ? 'its receiver has answered 410 Gone' : 'somebody has asked for that';
  throw new TaskFailure('webhook_paused', `the webhook is paused, since ${why}: resume it, and retry this task`);
}

/** Returns what to sign with. A tenant that has never asked for the secret of its submits is given one here. */
async function secretsOf(
  tenantId: TenantId,
  subscriber: Subscriber,
  { signingSecrets, ids, clock }: DeliverPorts,
): Promise<readonly SigningSecret[]> {
  const kept = signingAt(await signingSecrets.get(tenantId, subscriber), clock());
  if (kept.length > 0) return kept;
  if (subscriber !== ON_END) throw new TaskFailure('webhook_deleted', 'the webhook is deleted');
  const made = [secretOf(ids.signingKey())];
  const result = await signingSecrets.replace(tenantId, subscriber, [], made);
  return result === 'replaced' ? made : signingSecrets.get(tenantId, subscriber);
}

/** Returns what is sent: the event, with its output where that is to be told. */
async function bodyOf(tenantId: TenantId, { event, outputRef }: Delivery, { payloads }: DeliverPorts): Promise<string> {
  if (outputRef === undefined) return JSON.stringify(event);
  const output = await payloads.get(tenantId, { ref: outputRef });
  const isTold = output !== undefined && Buffer.byteLength(JSON.stringify(output)) <= MAX_OUTPUT_BYTES;
  const more = isTold ? { output } : { outputUrl: `/api/tasks/${event.data.id}` };
  return JSON.stringify({ ...event, data: { ...event.data, ...more } });
}

/** Sends an event, and returns what its receiver answers. */
async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  ctx: TaskContext,
  ports: DeliverPorts,
): Promise<{ readonly status: number; readonly retryAfterSeconds: number | undefined }> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new TaskFailure('timeout', LATE, { retryable: true })), WHOLE_MILLISECONDS);
  try {
    const response = await ctx.http.request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      followRedirects: false,
      answerSeconds: ANSWER_SECONDS,
      signal: late.signal,
    });
    await discard(response.body);
    return { status: response.status, retryAfterSeconds: response.retryAfterSeconds };
  } catch (failure) {
    if (!(failure instanceof TaskFailure && failure.retryable)) throw failure;
    // An attempt that an open circuit ends is given back elsewhere; here a day is all that a receiver has.
    const code =
      failure.code === 'circuit_open' || failure.code === 'connections_busy' ? 'receiver_down' : failure.code;
    throw again(code, failure.message, ctx, ports, failure.retryAfterSeconds);
  } finally {
    clearTimeout(timer);
  }
}
const LATE = `the receiver has not answered within ${WHOLE_MILLISECONDS / 1000} s`;

/** Reads an answer, which is of no use, but not what is long: its connection ends with it. Its status counts whatever becomes of it. */
async function discard(body: HttpBody): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > DISCARDED_BYTES) return;
    }
  } catch {
    // It has been answered.
  }
}

/** Returns a failure that is followed by another try, after the wait that is due, or the one that the receiver asks for. */
function again(
  code: string,
  message: string,
  { task: { attempt, maxAttempts } }: TaskContext,
  { random }: DeliverPorts,
  retryAfterSeconds = 0,
): TaskFailure {
  // An explicit retry gives as many attempts anew.
  const made = DELIVERY_ATTEMPTS - (maxAttempts - attempt);
  const wait = DELIVERY_WAITS[Math.max(1, made) - 1] ?? 0;
  const asked = Math.min(retryAfterSeconds, LONGEST_WAIT_SECONDS);
  const seconds = Math.max(asked, Math.round(wait * (1 + JITTER * random())));
  return new TaskFailure(code, message, { retryable: true, retryAfterSeconds: seconds });
}

/** A change is tried so often: each time it loses, another has come in between. */
const TRIES = 5;

/** Tells a webhook nothing more, as its receiver has asked. Where that cannot be written, the next delivery is answered the same. */
async function pauseGone(tenantId: TenantId, webhookId: WebhookId, { webhooks, clock }: DeliverPorts): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await webhooks.get(tenantId);
    const webhook = found.webhooks.find(({ id }) => id === webhookId);
    const paused = webhook && withWebhook(found.webhooks, { ...webhook, pause: { at: clock(), reason: 'gone' } });
    if (paused === undefined) return;
    const next = { revision: found.revision + 1, webhooks: paused };
    if ((await webhooks.replace(tenantId, next)) === 'replaced') return;
  }
}

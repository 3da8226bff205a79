import type { Attempt, Lane } from './answers.ts';
import type { AnyReference, Client, FormerInput } from './client.ts';
import { Listing } from './listing.ts';
import { MillraceError } from './millrace-error.ts';
import { randomKey } from './random-key.ts';
import { type ResultOptions, waitForResult } from './result.ts';
import { submitAll } from './submit-all.ts';
import type { AnyDefinition, TaskToSubmit } from './tasks.ts';
import { type Answer, type CallOptions, createTransport, foreignAnswer, type TransportOptions } from './transport.ts';
import type { Webhook } from './webhooks.ts';

export type ClientOptions = {
  /** The URL of the API, as a deploy or `npm start` prints it. */
  readonly url: string;
  /** A key of the deployment, or what returns one or a token: it is asked before each request. */
  readonly key: TransportOptions['key'];
  /** Is called in the place of the global `fetch`. */
  readonly fetch?: TransportOptions['fetch'] | undefined;
  /** So long one try waits for its answer: 30 unless given. */
  readonly timeoutSeconds?: number | undefined;
  /** For so long a call is tried, all its tries together: 60 unless given. */
  readonly deadlineSeconds?: number | undefined;
  /** So many requests are under way at a time: 20 unless given. */
  readonly concurrency?: number | undefined;
};

/** One request of so many may wait for a task with the API: others need their turn, and a browser has six connections for all. */
const WAITING_PART = 4;

/** Makes a client of the HTTP API of a deployment. */
export function createClient({
  url,
  key,
  fetch: send = (address, init) => fetch(address, init),
  timeoutSeconds = 30,
  deadlineSeconds = 60,
  concurrency = 20,
}: ClientOptions): Client {
  const base = baseOf(url);
  const transport = createTransport({ url: base, key, fetch: send, timeoutSeconds, deadlineSeconds, concurrency });
  const get = async <T>(path: string, query: Query = {}, options?: CallOptions): Promise<T> =>
    (await transport({ method: 'GET', path: path + queryOf(query), isRepeatable: true }, options)).body as T;
  /** Makes a call of which nobody knows what it has done where it is not answered. */
  const act = async <T>(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options?: CallOptions,
    body?: string,
  ): Promise<T> => (await transport({ method, path, body, isRepeatable: false }, options)).body as T;
  const mostWaits = Math.floor(concurrency / WAITING_PART);
  let waits = 0;
  /** Reads a task, when it has ended or so many seconds later; at once where enough others wait. */
  const look = async (task: AnyReference, seconds: number, options: CallOptions): Promise<Answer> => {
    const waitSeconds = seconds > 0 && waits < mostWaits ? seconds : undefined;
    if (waitSeconds !== undefined) waits++;
    try {
      const path = taskPath(task) + queryOf({ waitSeconds });
      return await transport({ method: 'GET', path, isRepeatable: true }, options);
    } finally {
      if (waitSeconds !== undefined) waits--;
    }
  };
  const list = <Item>(path: string, query: Query = {}, options?: CallOptions): Listing<Item> =>
    new Listing((cursor) => get(path, { ...query, cursor }, options));

  /** Makes something, once for its key, however often it has to be tried. */
  const make = async (
    path: string,
    idempotencyKey: string,
    what: object,
    options: CallOptions,
    keyTtlSeconds?: number,
  ): Promise<never> => {
    const keyed = { idempotencyKey, keyTtlSeconds, isRepeatable: true } as const;
    return named((await transport({ method: 'POST', path, body: JSON.stringify(what), ...keyed }, options)).body);
  };

  return {
    submit: (type, input, { signal, deadlineSeconds: seconds, idempotencyKey = randomKey(), ...options } = {}) =>
      make(
        '/api/tasks',
        idempotencyKey,
        { type, input, ...options },
        { signal, deadlineSeconds: seconds },
        options.idempotencyKeyTtlSeconds,
      ),
    submitAll: (tasks, { signal, deadlineSeconds: seconds = deadlineSeconds } = {}) =>
      submitAll(tasks as readonly TaskToSubmit<AnyDefinition>[], transport, {
        signal,
        deadlineSeconds: seconds,
      }) as never,
    result: (task: AnyReference, options: ResultOptions = {}) =>
      waitForResult((seconds, looking) => look(task, seconds, looking), {
        ...options,
        deadlineSeconds,
        tryTimeoutSeconds: timeoutSeconds,
      }) as never,
    get: async (task: AnyReference, options?: CallOptions) => named(await get(taskPath(task), {}, options)),
    list: (filter, options) => list('/api/tasks', filter, options),
    count: (filter, options) => get('/api/tasks/count', filter, options),
    subtasks: (task, page, options) => list(taskPath(task, '/subtasks'), page, options),
    attempts: async (task, options) => (await list<Attempt>(taskPath(task, '/attempts'), {}, options).page()).items,
    logs: (task, page, options) => list(taskPath(task, '/logs'), page, options),
    cancel: (task, options) => act('POST', taskPath(task, '/cancel'), options),
    retry: (task, { input, subtasks, ...options } = {}) => {
      const body = JSON.stringify({ input, subtasks });
      return act('POST', taskPath(task, '/retry'), options, body === '{}' ? undefined : body);
    },
    formerInputs: async (task, options) =>
      (await list<FormerInput>(taskPath(task, '/inputs'), {}, options).page()).items,
    deleteTask: (task, options) => act('DELETE', taskPath(task), options),
    createBulkAction: ({ idempotencyKey = randomKey(), ...action }, options = {}) =>
      make(bulkPath(), idempotencyKey, action, options),
    countForBulkAction: (action, options) =>
      act('POST', bulkPath(), options, JSON.stringify({ ...action, dryRun: true })),
    bulkActions: (page, options) => list(bulkPath(), page, options),
    bulkAction: (id, options) => get(bulkPath(id), {}, options),
    abortBulkAction: (id, options) => act('POST', bulkPath(id, '/abort'), options),
    createSchedule: ({ idempotencyKey = randomKey(), ...schedule }, options = {}) =>
      make('/api/schedules', idempotencyKey, schedule, options),
    schedules: (page, options) => list('/api/schedules', page, options),
    schedule: (id, options) => get(schedulePath(id), {}, options),
    changeSchedule: (id, change, options) => act('PATCH', schedulePath(id), options, JSON.stringify(change)),
    deleteSchedule: (id, options) => act('DELETE', schedulePath(id), options),
    pauseSchedule: (id, options) => act('POST', schedulePath(id, '/pause'), options),
    resumeSchedule: (id, options) => act('POST', schedulePath(id, '/resume'), options),
    runSchedule: (id, options) => make(schedulePath(id, '/run'), randomKey(), {}, options ?? {}),
    audit: (filter, options) => list('/api/audit', filter, options),
    keys: (page, options) => list('/api/keys', page, options),
    revokeKey: (id, options) => act('DELETE', `/api/keys/${encodeURIComponent(id)}`, options),
    createWebhook: ({ idempotencyKey = randomKey(), ...webhook }, options = {}) =>
      make(webhookPath(), idempotencyKey, webhook, options),
    webhooks: async (options) => (await list<Webhook>(webhookPath(), {}, options).page()).items,
    webhook: (id, options) => get(webhookPath(id), {}, options),
    deleteWebhook: (id, options) => act('DELETE', webhookPath(id), options),
    pauseWebhook: (id, options) => act('POST', webhookPath(id, '/pause'), options),
    resumeWebhook: (id, options) => act('POST', webhookPath(id, '/resume'), options),
    rotateSecret: (id, options) =>
      act('POST', id === undefined ? webhookPath('secret') : webhookPath(id, '/secret'), options),
    lanes: async (options) => (await list<Lane>('/api/lanes', {}, options).page()).items,
    deadLetters: (lane, page, options) => get(lanePath(lane, '/dead-letters'), page, options),
    deadLetter: (lane, id, options) => get(letterPath(lane, id), {}, options),
    redriveDeadLetter: (lane, id, message, options) =>
      act('POST', letterPath(lane, id, '/redrive'), options, message && JSON.stringify({ message })),
    dropDeadLetter: (lane, id, options) => act('DELETE', letterPath(lane, id), options),
    redrive: (lane, options) => act('POST', lanePath(lane, '/redrive'), options),
    statistics: (range, options) => get('/api/stats', range, options),
    definitions: (options) => get('/api/definitions', {}, options),
    definition: (type, options) => get(definitionPath(type), {}, options),
    changeDefinition: (type, change, options) => act('PATCH', definitionPath(type), options, JSON.stringify(change)),
    health: (options) => get('/api/health', {}, options),
    openapi: (options) => get('/api/openapi.json', {}, options),
  };
}

/** Names a scheme, a host and perhaps a path: `fetch` would refuse a password, and a query would swallow the path of a call. */
const BASE = /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i;

/** Returns a URL without a slash at its end. Throws where it is none to call: each call would be tried until its deadline. */
function baseOf(url: string): string {
  if (BASE.test(url)) return url.replace(/\/+$/, '');
  throw new MillraceError(
    'the URL of the API is none: it begins with https:// or http://, and has no password and no query',
    {
      code: 'unreadable',
    },
  );
}

/** Returns what has an id, as tasks and schedules have. Throws where it has none: somebody else has answered. */
function named(body: unknown): never {
  if (typeof (body as { readonly id?: unknown } | null)?.id === 'string') return body as never;
  throw foreignAnswer();
}

type Query = Readonly<Record<string, string | number | Date | undefined>>;

const taskPath = (task: AnyReference, below = ''): string =>
  `/api/tasks/${encodeURIComponent(typeof task === 'string' ? task : task.id)}${below}`;
const lanePath = (lane: string, below: string): string => `/api/lanes/${encodeURIComponent(lane)}${below}`;
const letterPath = (lane: string, id: string, below = ''): string =>
  lanePath(lane, `/dead-letters/${encodeURIComponent(id)}${below}`);
const bulkPath = (id?: string, below = ''): string =>
  `/api/bulk-actions${id === undefined ? '' : `/${encodeURIComponent(id)}`}${below}`;
const schedulePath = (id: string, below = ''): string => `/api/schedules/${encodeURIComponent(id)}${below}`;
const webhookPath = (id?: string, below = ''): string =>
  `/api/webhooks${id === undefined ? '' : `/${encodeURIComponent(id)}`}${below}`;
const definitionPath = (type: string): string => `/api/definitions/${encodeURIComponent(type)}`;

function queryOf(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value instanceof Date ? value.toISOString() : String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

import * as z from 'zod/mini';
import { ApiFailure, failureOf } from './problem.ts';
import { refusalOf } from './refusal.ts';
import { apiKey, signOut } from './session.ts';

// The page's policy forbids the compiled parsers that zod would try to make.
z.config({ jitless: true });

const TIMEOUT_MS = 30_000;

export type CallOptions = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** This key is sent instead of that of the session. */
  readonly key?: string;
};

/**
 * Calls the API with the key of the session. `path` is relative to the page, `api/tasks`, so that it is right below
 * whatever prefix the API is served. Throws `ApiFailure`; a key that is not accepted ends the session.
 */
export const call = async <T>(path: string, schema: z.ZodMiniType<T>, options?: CallOptions): Promise<T> =>
  (await exchange(path, schema, options)).data;

/** Calls the API as `call` does, and returns the headers of its answer as well. */
export async function exchange<T>(
  path: string,
  schema: z.ZodMiniType<T>,
  options: CallOptions = {},
): Promise<{ readonly data: T; readonly headers: Headers }> {
  const { key = apiKey.value ?? '', signal } = options;
  try {
    const response = await send(path, options, key);
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw failureOf(response.status, response.headers.get('retry-after'), body);
    const { data, error } = schema.safeParse(body);
    if (data !== undefined) return { data, headers: response.headers };
    throw new ApiFailure(`The API's answer is not what the console knows: ${error?.issues[0]?.path.join('.')}.`, {
      code: 'unreadable',
      status: response.status,
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ApiFailure)) throw new ApiFailure('The API cannot be reached.', { code: 'network' });
    if (error.code === 'unauthenticated' && options.key === undefined && key === apiKey.value)
      signOut(refusalOf(key, error));
    throw error;
  }
}

const removedSchema = z.object({ id: z.string() });

/** Deletes what `path` names. What somebody else has deleted meanwhile is as good. */
export async function remove(path: string): Promise<void> {
  try {
    await call(path, removedSchema, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiFailure && error.code === 'not_found')) throw error;
  }
}

function send(path: string, { method = 'GET', body, headers, signal }: CallOptions, key: string): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return fetch(path, {
    method,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: 'omit',
    cache: 'no-store',
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
}

import { Agent } from 'undici';
import * as z from 'zod';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
};

export type Request = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const SECOND = 1000;
/** API Gateway gives up after 30 s; so do we. */
const TIMEOUT_MS = 30 * SECOND;

const taskSchema = z.object({
  id: z.string(),
  status: z.string(),
  executorKey: z.string(),
  parentId: z.string().optional(),
  error: z.object({ code: z.string() }).optional(),
  createdAt: z.coerce.date().transform(Number),
  finishedAt: z.coerce.date().transform(Number).optional(),
});
/** A task as lists show it, of which the times are milliseconds. */
export type ListedTask = z.infer<typeof taskSchema>;

const pageSchema = z.object({ items: z.array(taskSchema), nextCursor: z.string().nullable() });
const lanesSchema = z.object({ items: z.array(z.object({ depth: z.number(), inFlight: z.number() })) });

/** The API as a client sees it, over at most so many connections, which are kept alive. */
export class MillraceApi {
  readonly #origin: string;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor({ url, key }: { readonly url: string; readonly key: string }, connections: number) {
    this.#origin = new URL(url).origin;
    this.#basePath = new URL(url).pathname.replace(/\/$/, '');
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    this.#agent = new Agent({
      connections,
      connectTimeout: 5 * SECOND,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  /** Any answer of the API is one; throws where there is none. */
  async send({ method, path, body, headers = {} }: Request, signal?: AbortSignal): Promise<Answer> {
    const answer = await this.#agent.request({
      origin: this.#origin,
      path: this.#basePath + path,
      method,
      headers: { ...this.#headers, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: parsed(text) };
  }

  /** Messages that wait or are worked on, in tasks, of all lanes. */
  async inLanes(): Promise<number> {
    const { items } = lanesSchema.parse(await this.#read('/api/lanes'));
    return items.reduce((sum, { depth, inFlight }) => sum + depth + inFlight, 0);
  }

  /** Whether the tenant has a task of this status. */
  async hasAny(status: string): Promise<boolean> {
    return pageSchema.parse(await this.#read(`/api/tasks?limit=1&status=${status}`)).items.length > 0;
  }

  /** The tenant's tasks, the newest first, back to a moment. */
  async *tasksSince(since: number): AsyncGenerator<ListedTask> {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = pageSchema.parse(await this.#read(`/api/tasks?limit=100${after}`));
      for (const task of page.items) {
        if (task.createdAt < since) return;
        yield task;
      }
      cursor = page.nextCursor;
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #read(path: string): Promise<unknown> {
    const { status, body } = await this.send({ method: 'GET', path });
    if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

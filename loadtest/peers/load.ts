import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import * as z from 'zod';
import type { Ended, Peer, Task, Tenant } from './peer.ts';

export type Submitted = {
  readonly id: string;
  /** Milliseconds of this machine's clock. */
  readonly sentAt: number;
  /** Until the answer was there. */
  readonly milliseconds: number;
};

const taskSchema = z.object({ id: z.string() });
const bulkSchema = z.object({
  results: z.array(z.object({ status: z.literal('accepted'), task: taskSchema })),
});
/** Bulk requests that are under way at one time. */
const PARALLEL_BULKS = 3;

const now = (): number => performance.timeOrigin + performance.now();

/** An answer that is no acceptance: a measurement in which one occurs is none. */
class Refusal extends Error {}

export const noop: Task = { type: 'work', priority: 'normal', input: { milliseconds: 0 } };

/** Calls the API of a peer over so many connections that are kept. */
export class Load {
  readonly #peer: Peer;
  readonly #pool: Pool;

  constructor(peer: Peer, connections: number) {
    this.#peer = peer;
    this.#pool = new Pool(peer.url, { connections, pipelining: 1 });
  }

  async submit(task: Task, tenant: Tenant = 'noisy'): Promise<Submitted> {
    const sentAt = now();
    const { id } = taskSchema.parse(await this.#post('/api/tasks', task, tenant));
    return { id, sentAt, milliseconds: now() - sentAt };
  }

  /** The ids of some tasks, submitted in as few requests as the peer takes. */
  async submitBulk(tasks: readonly Task[], tenant: Tenant = 'noisy'): Promise<string[]> {
    const left = [...tasks];
    const ids: string[] = [];
    const submitOnes = async (): Promise<void> => {
      while (left.length > 0) {
        const body = { tasks: left.splice(0, this.#peer.tasksPerBulk) };
        const { results } = bulkSchema.parse(await this.#post('/api/tasks/batch', body, tenant));
        ids.push(...results.map(({ task: { id } }) => id));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_BULKS }, submitOnes));
    return ids;
  }

  /** Submits without a pause, as many at a time as there are clients. */
  async closedLoop(clients: number, seconds: number, task = noop): Promise<Submitted[]> {
    const submitted: Submitted[] = [];
    const deadline = Date.now() + seconds * 1000;
    const client = async (): Promise<void> => {
      while (Date.now() < deadline) submitted.push(await this.submit(task));
    };
    await Promise.all(Array.from({ length: clients }, client));
    return submitted;
  }

  /** Submits at a rate, whether or not the answers come. */
  async openLoop(ratePerSecond: number, seconds: number, task = noop): Promise<Submitted[]> {
    const answers: Promise<Submitted>[] = [];
    const began = now();
    for (let index = 0; index < ratePerSecond * seconds; index++) {
      const wait = began + (index * 1000) / ratePerSecond - now();
      if (wait > 1) await sleep(wait);
      answers.push(this.submit(task));
    }
    return Promise.all(answers);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #post(path: string, body: unknown, tenant: Tenant): Promise<unknown> {
    const { statusCode, body: answer } = await this.#pool.request({
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${this.#peer.keys[tenant]}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      headersTimeout: 60_000,
    });
    if (statusCode === 202) return answer.json();
    throw new Refusal(`${this.#peer.title}: POST ${path}: ${statusCode} ${(await answer.text()).slice(0, 300)}`);
  }
}

/** Of the tasks that are still open, so many are looked at first: to look at all would be a load of its own. */
const PROBES = 10;
const LOOK_MILLISECONDS = 200;

/** Waits until all of some tasks are over, or the limit is. Those that are not over by then are left out. */
export async function untilEnded(
  peer: Peer,
  ids: readonly string[],
  { tenant = 'noisy', limitSeconds = 180 }: { readonly tenant?: Tenant; readonly limitSeconds?: number } = {},
): Promise<Map<string, Ended>> {
  const deadline = Date.now() + limitSeconds * 1000;
  const over = new Map<string, Ended>();
  let open = [...ids];
  while (open.length > 0 && Date.now() < deadline) {
    const probes = open.slice(-PROBES);
    if ((await peer.ended(probes, tenant)).length < probes.length) await sleep(LOOK_MILLISECONDS);
    else {
      for (const one of await peer.ended(open, tenant)) over.set(one.id, one);
      open = open.filter((id) => !over.has(id));
    }
  }
  for (const one of open.length === 0 ? [] : await peer.ended(open, tenant)) over.set(one.id, one);
  return over;
}

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Ended, Part, Peer } from './peer.ts';
import { descendantsOf } from './processes.ts';

/** What would start a worker anew in a deployment needs about so long. */
const RESTART_MILLISECONDS = 1_000;

/** A database that runs on this machine for a peer alone. */
export type Store = {
  readonly pid: number;
  /** Where its servers find it. */
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
};

type Facts = Pick<Peer, 'name' | 'title' | 'setup' | 'advantage' | 'killLimitSeconds'>;

const doorSchema = z.object({ port: z.number() });
const callsSchema = z.record(z.string(), z.number());
const endedSchema = z.array(
  z.object({ id: z.string(), status: z.enum(['succeeded', 'failed']), finishedAt: z.number() }),
);

/**
 * A queue on a database: `servers/<name>-door.ts` takes tasks, `-worker.ts` runs them, and `-probe.ts`, which is no part of it,
 * tells what the database says of them.
 */
export async function startNativePeer(facts: Facts, store: Store): Promise<Peer> {
  const { name } = facts;
  const keys = { noisy: randomBytes(24).toString('hex'), quiet: randomBytes(24).toString('hex') };
  const environment = { STORE_URL: store.url, KEYS: JSON.stringify(keys) };
  const start = (part: string) => startServer(`${name}-${part}.ts`, environment);
  const running: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of running) child.kill('SIGKILL');
    await store.stop();
  };
  try {
    const probe = await start('probe');
    running.push(probe.child);
    const door = await start('door');
    running.push(door.child);
    let worker = await start('worker');
    running.push(worker.child);
    const ask = questionsTo(probe.child);
    return {
      ...facts,
      exempt: {},
      url: `http://127.0.0.1:${doorSchema.parse(door.message).port}`,
      keys,
      tasksPerBulk: 1_000,
      processes: () => {
        const parts = new Map<number, Part>();
        for (const pid of [store.pid, ...descendantsOf(store.pid)]) parts.set(pid, 'store');
        if (door.child.pid !== undefined) parts.set(door.child.pid, 'door');
        if (worker.child.pid !== undefined) parts.set(worker.child.pid, 'worker');
        return parts;
      },
      calls: async () => callsSchema.parse(await ask('calls', [])),
      ended: async (ids): Promise<Ended[]> => endedSchema.parse(await ask('ended', ids)),
      killWorkers: () => {
        worker.child.kill('SIGKILL');
        const restarted = sleep(RESTART_MILLISECONDS).then(() => start('worker'));
        void restarted.then((another) => {
          worker = another;
          running.push(another.child);
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a file of `servers/`, and waits until it says that it is there. */
async function startServer(file: string, environment: Readonly<Record<string, string>>) {
  const child = fork(join(import.meta.dirname, 'servers', file), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} has ended with ${code}`))),
  ]);
  return { child, message: message as unknown };
}

/** Asks a process one question at a time. */
function questionsTo(child: ChildProcess) {
  let last: Promise<unknown> = Promise.resolve();
  return (question: string, ids: readonly string[]): Promise<unknown> => {
    const answer = last.then(async () => {
      child.send({ question, ids });
      const [message] = await once(child, 'message');
      return message as unknown;
    });
    last = answer.catch(() => {});
    return answer;
  };
}

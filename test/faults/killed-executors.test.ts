import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { inParallel } from '../../functions/core/in-parallel.ts';
import { submit } from '../e2e/api.ts';
import { type AttemptSeen, endedTasks, repeatedAmong, startWitness } from './attempts-seen.ts';
import { deadLetters } from './dead-letters.ts';
import { portsOf, processesOf } from './executor-processes.ts';

/** `npm run loadtest:kill` has 2,000. */
const TASKS = Number(process.env.MILLRACE_KILLED_TASKS ?? 60);
const KILLS = Math.max(3, TASKS / 100);
const PARALLEL_SUBMITS = 10;
const TIMEOUT_SECONDS = 5;
const ANSWER_MILLISECONDS = 700;
/** Executors are killed one after another, at random times that are so far apart at the most: while work is in flight. */
const BETWEEN_KILLS_MILLISECONDS = Math.min(2_000, 10 * TASKS);
const LIMIT_SECONDS = 60 + TASKS / 5;

const { serverPid } = inject('stack');
const FUNCTION = 'millrace-executor-io-intensive-0';

it.skipIf(!existsSync('/proc/self/environ'))(
  `runs ${TASKS} tasks to their ends while executors are killed, no attempt twice, and each again in time`,
  { timeout: (LIMIT_SECONDS + 60) * 1000 },
  async () => {
    const workflowInstanceId = `killed-${Date.now()}`;
    const witness = await startWitness(ANSWER_MILLISECONDS);
    const lettersBefore = await deadLetters('io-intensive');
    const began = performance.now();
    const deadline = Date.now() + LIMIT_SECONDS * 1000;
    const [kills] = await Promise.all([killAtRandom(witness, deadline), submitAll(witness.url, workflowInstanceId)]);
    const tasks = await endedTasks(workflowInstanceId, deadline);
    const seconds = (performance.now() - began) / 1000;
    await witness.close();

    const waits = kills.flatMap(({ at, attempts }) => attempts.flatMap((one) => secondsUntilNext(one, at, witness)));
    console.info(
      `${tasks.length} tasks in ${seconds.toFixed(0)} s; ${kills.length} executors killed, ${waits.length} attempts with them, ` +
        `whose tasks ran again after ${Math.min(...waits).toFixed(1)} to ${Math.max(...waits).toFixed(1)} s`,
    );
    expect(tasks).toHaveLength(TASKS);
    expect(tasks.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(repeatedAmong(witness.attempts)).toEqual([]);
    expect(kills).toHaveLength(KILLS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(TIMEOUT_SECONDS + 30);
    expect(await deadLetters('io-intensive')).toBe(lettersBefore);
  },
);

/** One by one: ten that a bulk submit puts into one message would wait for one another, and again after a kill. */
async function submitAll(url: string, workflowInstanceId: string): Promise<void> {
  const input = { type: 'http.request', input: { url }, priority: 'high', workflowInstanceId };
  const task = { ...input, timeoutSeconds: TIMEOUT_SECONDS, maxAttempts: 10 };
  await inParallel(Array(TASKS).fill(task), PARALLEL_SUBMITS, (one) => submit(one));
}

type Witness = Awaited<ReturnType<typeof startWitness>>;
type Kill = { readonly at: number; readonly attempts: readonly AttemptSeen[] };

/** Kills executors that have attempts under way, and notes which. */
async function killAtRandom({ open }: Witness, deadline: number): Promise<Kill[]> {
  const kills: Kill[] = [];
  while (kills.length < KILLS && Date.now() < deadline) {
    await sleep(Math.random() * BETWEEN_KILLS_MILLISECONDS);
    const processes = await processesOf(FUNCTION, serverPid);
    const victim = processes[Math.floor(Math.random() * processes.length)];
    if (victim === undefined) continue;
    const ports = await portsOf(victim);
    const attempts = [...open].flatMap(([port, attempt]) => (ports.has(port) ? [attempt] : []));
    if (attempts.length === 0) continue;
    process.kill(victim, 'SIGKILL');
    kills.push({ at: performance.now(), attempts });
  }
  return kills;
}

/** From the kill of an attempt to the next attempt of its task; nothing where its end was just written. */
function secondsUntilNext({ task, attempt }: AttemptSeen, killedAt: number, { attempts }: Witness): number[] {
  const next = attempts.find((seen) => seen.task === task && seen.attempt > attempt);
  return next === undefined ? [] : [(next.at - killedAt) / 1000];
}

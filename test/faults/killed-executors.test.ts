import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { chunksOf, mapConcurrently } from '../../functions/core/concurrency.ts';
import { post } from '../e2e/api.ts';
import { endedTasks, repeatedAmong, startWitness } from './attempts-seen.ts';
import { deadLetters } from './dead-letters.ts';
import { portsOf, processesOf } from './executor-processes.ts';
import { type Kill, waitsOf } from './killed-attempts.ts';

/** `npm run loadtest:kill` has 2,000 tasks. */
const TASKS = Number(process.env.MILLRACE_KILLED_TASKS ?? 60);
const KILLS = Math.max(3, TASKS / 100);
const PARALLEL_SUBMITS = 10;
const TIMEOUT_SECONDS = 5;
/**
 * An answer takes longer while executors are still to be killed: there is work in flight however slow the machine is. After
 * that it is short: tasks that were lost together run one after another, and each waits for those before it.
 */
const ANSWER_MILLISECONDS = { whileKilling: 3_000, after: 100 };
/** Executors are killed one after another, at random times that are so far apart at the most. */
const BETWEEN_KILLS_MILLISECONDS = Math.min(2_000, 10 * TASKS);
/** Kills far apart may cost a task a wait each. */
const LIMIT_SECONDS = 120 + TASKS / 5;

const { serverPid } = inject('stack');
const FUNCTION = 'millrace-executor-io-intensive-0';

it.skipIf(!existsSync('/proc/self/environ')).each([
  ['one by one', 1],
  ['many to a message', 100],
])(
  `runs ${TASKS} tasks that come %s to their ends while executors are killed, no attempt twice, and each again in time`,
  { timeout: (LIMIT_SECONDS + 60) * 1000 },
  async (_, count) => {
    const workflowInstanceId = `killed-${Date.now()}`;
    const kills: Kill[] = [];
    const witness = await startWitness(() => ANSWER_MILLISECONDS[kills.length < KILLS ? 'whileKilling' : 'after']);
    const lettersBefore = await deadLetters('io-intensive');
    const began = performance.now();
    const deadline = Date.now() + LIMIT_SECONDS * 1000;
    const over = new AbortController();
    const killing = killAtRandom(witness, kills, over.signal);
    await submitAll(witness.url, workflowInstanceId, count);
    const tasks = await endedTasks(workflowInstanceId, deadline);
    over.abort();
    await killing;
    const seconds = (performance.now() - began) / 1000;
    await witness.close();

    const waits = waitsOf(kills, witness.attempts);
    const inAll = waits.map((wait) => wait.inAll);
    console.info(
      `${tasks.length} tasks in ${seconds.toFixed(0)} s; ${kills.length} executors killed, ${waits.length} attempts with them, ` +
        `whose tasks ran again after ${Math.min(...inAll).toFixed(1)} to ${Math.max(...inAll).toFixed(1)} s`,
    );
    expect(tasks).toHaveLength(TASKS);
    expect(tasks.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(repeatedAmong(witness.attempts)).toEqual([]);
    expect(kills.length).toBeGreaterThan(KILLS / 2);
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits.map(({ sinceLastKill }) => sinceLastKill))).toBeLessThanOrEqual(TIMEOUT_SECONDS + 30);
    expect(await deadLetters('io-intensive')).toBe(lettersBefore);
  },
);

async function submitAll(url: string, workflowInstanceId: string, count: number): Promise<void> {
  const input = { type: 'http.request', input: { url }, priority: 'high', workflowInstanceId };
  const task = { ...input, timeoutSeconds: TIMEOUT_SECONDS, maxAttempts: 10 };
  await mapConcurrently(chunksOf(Array(TASKS).fill(task), count), PARALLEL_SUBMITS, async (tasks) => {
    const { status, body } = count === 1 ? await post('/api/tasks', task) : await post('/api/tasks/batch', { tasks });
    if (status !== 202 || (body.rejected ?? 0) !== 0) throw new Error(JSON.stringify(body));
  });
}

type Witness = Awaited<ReturnType<typeof startWitness>>;

/** Kills executors that have attempts under way, and notes which in `kills`. */
async function killAtRandom({ open }: Witness, kills: Kill[], over: AbortSignal): Promise<void> {
  while (kills.length < KILLS && !over.aborted) {
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
}

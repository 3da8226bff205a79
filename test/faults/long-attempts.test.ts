import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { post } from '../e2e/api.ts';
import { endedTasks, repeatedAmong, startWitness } from './attempts-seen.ts';
import { portsOf, processesOf } from './executor-processes.ts';

const { serverPid } = inject('stack');
const FUNCTION = 'millrace-executor-io-intensive-0';
const hasProcesses = existsSync('/proc/self/environ');

type Priority = 'high' | 'low';

const submit = async (
  url: string,
  workflowInstanceId: string,
  timeoutSeconds: number,
  priority: Priority = 'high',
): Promise<void> => {
  const { status, body } = await post('/api/tasks', {
    ...{ type: 'http.request', input: { url }, priority, workflowInstanceId },
    ...{ timeoutSeconds, maxAttempts: 5 },
  });
  if (status !== 202) throw new Error(JSON.stringify(body));
};

it.skipIf(!hasProcesses)(
  'runs an attempt that may take 50 s again within 30 s of the kill of its executor',
  async () => {
    let answerMilliseconds = 45_000;
    const witness = await startWitness(() => answerMilliseconds);
    const workflowInstanceId = `long-${Date.now()}`;
    await submit(witness.url, workflowInstanceId, 50);
    await expect.poll(() => witness.open.size, { timeout: 30_000 }).toBe(1);
    // The lease has been renewed by then.
    await sleep(12_000);
    answerMilliseconds = 10;
    const [port] = witness.open.keys();
    let killedAt = 0;
    for (const victim of await processesOf(FUNCTION, serverPid)) {
      if (!(await portsOf(victim)).has(port ?? 0)) continue;
      process.kill(victim, 'SIGKILL');
      killedAt = performance.now();
    }
    expect(killedAt).toBeGreaterThan(0);
    const tasks = await endedTasks(workflowInstanceId, Date.now() + 90_000);
    await witness.close();
    expect(tasks).toMatchObject([{ status: 'succeeded', attempt: 2 }]);
    const again = ((witness.attempts[1]?.at ?? Number.NaN) - killedAt) / 1000;
    console.info(`an attempt of up to 50 s ran again ${again.toFixed(1)} s after the kill`);
    // A busy machine takes some seconds to start an executor.
    expect(again).toBeLessThanOrEqual(30 + 5);
  },
  180_000,
);

it.skipIf(!hasProcesses)(
  'runs tasks that come one by one beside those that its executors work on',
  async () => {
    const TASKS = 16;
    const witness = await startWitness(() => 10_000);
    const workflowInstanceId = `singles-${Date.now()}`;
    const submitted: number[] = [];
    for (let count = 0; count < TASKS; count++) {
      await submit(witness.url, workflowInstanceId, 20);
      submitted.push(performance.now());
      await sleep(400);
    }
    const tasks = await endedTasks(workflowInstanceId, Date.now() + 90_000);
    await witness.close();
    expect(tasks.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(Array(TASKS).fill('succeeded 1'));
    expect(repeatedAmong(witness.attempts)).toEqual([]);
    const starts = witness.attempts.map(({ at }) => at).toSorted((a, b) => a - b);
    const waits = starts.map((at, place) => (at - (submitted[place] ?? 0)) / 1000).toSorted((a, b) => a - b);
    console.info(`${TASKS} tasks of 10 s one by one: the last began after ${waits.at(-1)?.toFixed(1)} s`);
    // Without places that are filled, a lane of four executors has the others wait for ten seconds.
    expect(waits.at(-1)).toBeLessThan(6);
  },
  180_000,
);

it.skipIf(!hasProcesses)(
  'loses nothing that an executor has received itself where it is killed, and ends what is cancelled meanwhile',
  async () => {
    // A lane of two executors: all but the first two tasks are received by one of them.
    const TASKS = 10;
    let answerMilliseconds = 40_000;
    const witness = await startWitness(() => answerMilliseconds);
    const workflowInstanceId = `received-${Date.now()}`;
    for (let count = 0; count < TASKS; count++) {
      await submit(witness.url, workflowInstanceId, 50, 'low');
      await sleep(400);
    }
    await expect.poll(() => witness.open.size, { timeout: 30_000 }).toBe(TASKS);
    answerMilliseconds = 10;
    const open = [...witness.open];
    const executors = await Promise.all(
      (await processesOf(FUNCTION, serverPid)).map(async (pid) => {
        const ports = await portsOf(pid);
        return { pid, attempts: open.filter(([port]) => ports.has(port)).map(([, attempt]) => attempt) };
      }),
    );
    const [victim, other] = executors.toSorted((a, b) => b.attempts.length - a.attempts.length);
    expect(victim?.attempts.length).toBeGreaterThan(1);
    const cancelled = [victim?.attempts[0]?.task, other?.attempts[0]?.task].filter((id) => id !== undefined);
    for (const id of cancelled) expect((await post(`/api/tasks/${id}/cancel`, {})).status).toBe(202);
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const killedAt = performance.now();
    const tasks = await endedTasks(workflowInstanceId, Date.now() + 90_000);
    await witness.close();
    const ends = new Map(tasks.map(({ id, status }) => [id, status]));
    expect(cancelled.map((id) => ends.get(id))).toEqual(cancelled.map(() => 'cancelled'));
    expect([...ends.values()].filter((status) => status === 'succeeded')).toHaveLength(TASKS - cancelled.length);
    expect(repeatedAmong(witness.attempts)).toEqual([]);
    const again = witness.attempts.filter(({ attempt }) => attempt > 1).map(({ at }) => (at - killedAt) / 1000);
    console.info(`of a killed executor ${again.length} tasks ran again within ${Math.max(...again).toFixed(1)} s`);
    // The local cloud ends the other executors of the function with it, whose tasks run again, too.
    expect(again.length).toBeGreaterThanOrEqual((victim?.attempts.length ?? 0) - 1);
    expect(tasks.every(({ attempt }) => attempt <= 2)).toBe(true);
    // A busy machine takes some seconds to start an executor.
    expect(Math.max(...again)).toBeLessThanOrEqual(30 + 5);
  },
  180_000,
);

import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesOfMisbehaviours } from '../doubles/misbehaviour.ts';
import type { tasks as probes } from '../doubles/probe-tasks.ts';
import { post, until } from '../e2e/api.ts';
import { logsOf } from '../e2e/logs.ts';
import { startReceiver } from '../e2e/receiver.ts';
import { endedTasks } from './attempts-seen.ts';
import { deployProbes } from './deployed-probes.ts';

const NEIGHBOURS = 9;
const UNREAD_BYTES = 300_000;

let restore: () => Promise<void>;
beforeAll(async () => {
  restore = await deployProbes();
});
afterAll(() => restore());

type Submitted = { readonly id: string };
type ProbeType = keyof typeof probes;

/** Submits all at once: they come in one message, so one executor runs them side by side. */
async function submitTogether(tasks: readonly object[]): Promise<string[]> {
  const { status, body } = await post('/api/tasks/batch', { tasks });
  if (status !== 202 || body.rejected !== 0) throw new Error(JSON.stringify(body).slice(0, 500));
  return (body.results as { task: Submitted }[]).map(({ task }) => task.id);
}

/** Tasks of one lane would be given to an executor together, and its places would not do for all. */
const lanes = (['high', 'normal', 'low'] as const).map((priority) => ({ priority, inTurn: pLimit(1) }));
let taken = 0;

async function besideNine(what: string, type: ProbeType, neighbourType: ProbeType): Promise<void> {
  const lane = lanes[taken++ % lanes.length];
  if (lane === undefined) throw new Error('there are lanes');
  await lane.inTurn(async () => {
    const { priority } = lane;
    const more = { priority, maxAttempts: 1, workflowInstanceId: `isolation-${type}-${what}` };
    const sleeper = { type: neighbourType, input: { what: 'sleep' }, ...more };
    const [id = '', ...ids] = await submitTogether([
      { type, input: { what }, timeoutSeconds: 20, ...more },
      ...Array(NEIGHBOURS).fill(sleeper),
    ]);
    const neighbours = await Promise.all(ids.map((one) => until(one, 'succeeded', 60)));
    const failed = await until(id, 'failed', 30);
    expect(neighbours.map(({ attempt }) => attempt)).toEqual(Array(NEIGHBOURS).fill(1));
    expect(failed).toMatchObject({ attempt: 1 });
    expect(failed.error?.code).not.toMatch(/^(executor_lost|timeout)$/);
    expect(failed.error?.message).toMatch(/boom|process\.|thread|limit|read|message|allowed|DNS|list/);
    expect(seconds(failed)).toBeLessThan(15);
    // On a slow machine some go back to their lane before they begin; without others beside it, nothing would be shown.
    if (type === 'probe') expect(mostOfOne(neighbours.map(({ output }) => output))).toBeGreaterThan(NEIGHBOURS / 3);
  });
}

/** Returns how many of these tasks ran in one process. */
const mostOfOne = (pids: readonly unknown[]): number =>
  Math.max(...[...Map.groupBy(pids, (pid) => pid).values()].map((group) => group.length));

const seconds = ({ startedAt = '', finishedAt = '' }: Awaited<ReturnType<typeof until>>): number =>
  (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;

describe.concurrent('nine tasks of 3 s end well at their first attempt, and it fails at once, beside a handler', () => {
  it.each(namesOfMisbehaviours())('that %s', { timeout: 300_000 }, (what) => besideNine(what, 'probe', 'probe'));

  it.each(['throws in a timer', 'rejects unawaited', 'ends the process', 'kills the process'])(
    'in a thread that %s',
    { timeout: 300_000 },
    (what) => besideNine(what, 'probe.isolated', 'probe'),
  );

  it.each(['throws in a timer', 'rejects unawaited', 'ends the process', 'fails with a number for a code'])(
    'of a batch that %s',
    { timeout: 300_000 },
    (what) => besideNine(what, 'probe.batch', 'probe.batch'),
  );
});

it('answers 100 calls to an origin of which 100 handlers have left the bodies unread', {
  timeout: 120_000,
}, async () => {
  const body = Buffer.alloc(UNREAD_BYTES, 'x');
  const receiver = await startReceiver(
    () =>
      ({ url }, response) =>
        response.end(url === '/large' ? body : 'ok'),
  );
  // They are of one workflow, so that one executor has them all.
  const workflowInstanceId = `isolation-unread-${Date.now()}`;
  const run = async (count: number, path: string, reads: boolean): Promise<unknown[]> => {
    const input = { url: receiver.url + path, reads };
    await submitTogether(Array(count).fill({ type: 'probe.http', input, maxAttempts: 1, workflowInstanceId }));
    return (await endedTasks(workflowInstanceId, Date.now() + 50_000)).map(({ status }) => status);
  };
  expect(await run(100, '/large', false)).toEqual(Array(100).fill('succeeded'));
  expect(await run(100, '/small', true)).toEqual(Array(200).fill('succeeded'));
  await receiver.close();
});

it('logs what a handler writes on the console with the id of its task', { timeout: 60_000 }, async () => {
  const [id = ''] = await submitTogether([{ type: 'probe', input: { what: 'sleep' } }]);
  await until(id, 'succeeded', 30);
  await expect
    .poll(async () => {
      const lines = [
        ...(await logsOf('millrace-executor-default-0')),
        ...(await logsOf('millrace-executor-default-1')),
      ];
      // A cold start does not warn of what is not ours either.
      expect(lines.filter((line) => line.includes('DEP0169'))).toEqual([]);
      return lines.filter((line) => line.includes(id) && line.includes('about to sleep')).length;
    })
    .toBe(1);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import type { Task } from '../../../functions/core/task/task.ts';
import { expectSameCourse } from '../../doubles/course.ts';
import { invoke } from '../../doubles/executor-world.ts';
import { onStoppedClock } from '../../doubles/stopped-clock.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

/** All submits of a run have this key. */
const KEY = 'order-1';
const LONGEST_TTL = 60;

const submitArbitrary = fc.record({
  name: fc.constantFrom('Ada', 'Grace'),
  ttlSeconds: fc.constantFrom(undefined, 1, LONGEST_TTL),
  isBulk: fc.boolean(),
});
type Submit = typeof submitArbitrary extends fc.Arbitrary<infer One> ? One : never;

/** Where a call to a port fails: before it has done anything, or with its answer lost. */
const faultArbitrary = fc.constantFrom('none', 'none', 'none', 'before', 'after');

/** Hands each call of these ports to the scheduler, before and after it is made, and fails some of them. */
function intercept(world: World, scheduler: fc.Scheduler, faults: string[]): void {
  const { store, queue } = world.ports;
  const wrap = <Port extends object>(port: Port, verbs: readonly (keyof Port & string)[]): void => {
    for (const verb of verbs) {
      const call = (port[verb] as (...given: unknown[]) => Promise<unknown>).bind(port);
      const intercepted = async (...given: unknown[]): Promise<unknown> => {
        const fault = faults.pop();
        await scheduler.schedule(Promise.resolve(), verb);
        if (fault === 'before') throw new Error(`${verb} failed`);
        const answer = await call(...given);
        await scheduler.schedule(Promise.resolve(), `${verb} answers`);
        if (fault === 'after') throw new Error(`the answer of ${verb} is lost`);
        return answer;
      };
      Object.assign(port, { [verb]: intercepted });
    }
  };
  wrap(store, ['insert', 'bindKey', 'getByKey', 'get', 'claim']);
  wrap(queue, ['send']);
}

/** Submits, and returns the id of the task that the answer names; nothing where it is refused. */
async function submit(world: World, { name, ttlSeconds, isBulk }: Submit): Promise<string | undefined> {
  const task = { type: 'greet', input: { name }, ...(ttlSeconds && { idempotencyKeyTtlSeconds: ttlSeconds }) };
  if (!isBulk) {
    const { status, body } = await callApi(world, 'POST /api/tasks', {
      body: task,
      headers: { 'idempotency-key': KEY },
    });
    return status === 202 ? String(body.id) : undefined;
  }
  const tasks = [{ ...task, idempotencyKey: KEY }];
  const { body } = await callApi(world, 'POST /api/tasks/batch', { body: { tasks } });
  const [result] = body.results as { task?: { id: string } }[];
  return result?.task?.id;
}

const allTasks = async ({ ports, now }: World): Promise<Task[]> => {
  const { tasks } = await ports.store.list({ tenantId: tenant('acme'), filter: {}, limit: 100 }, now);
  return [
    ...(await ports.store.getAll(
      tenant('acme'),
      tasks.map(({ id }) => id),
      now,
    )),
  ];
};

/** Runs all that is on the lanes or has yet to come to them, however often. */
async function runAll(world: World): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await invoke(world);
    world.advance(60);
    await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
  }
}

/** Expects that all these submits stand for one task, however their calls and those of an executor take turns. */
async function race(
  submits: readonly Submit[],
  faults: string[],
  scheduler: fc.Scheduler,
  watch: (world: World) => void,
): Promise<void> {
  const world = createWorld([greet]);
  watch(world);
  intercept(world, scheduler, faults);
  const answers = scheduler.waitFor(Promise.all(submits.map((one) => submit(world, one))));
  const running = scheduler.waitFor(invoke(world));
  const accepted = (await answers).filter((id) => id !== undefined);
  await running;
  const again = submits.map((one) => scheduler.waitFor(submit(world, one)));
  for (const id of await Promise.all(again)) if (id !== undefined) accepted.push(id);
  expect(new Set(accepted).size).toBeLessThanOrEqual(1);
  await scheduler.waitFor(runAll(world));
  const tasks = await scheduler.waitFor(allTasks(world));
  expect(tasks.length).toBeLessThanOrEqual(1);
  for (const id of accepted) expect(tasks).toMatchObject([{ id, status: 'succeeded' }]);
  expect(world.recorded.filter(({ metric }) => metric === 'succeeded')).toHaveLength(tasks.length);
}

const races = (watch: (world: World) => void = () => {}) =>
  fc.asyncProperty(
    fc.array(submitArbitrary, { minLength: 2, maxLength: 6 }),
    fc.array(faultArbitrary, { maxLength: 12 }),
    fc.scheduler(),
    (submits, faults, scheduler) => onStoppedClock(() => race(submits, [...faults], scheduler, watch)),
  );

it('a key that is live stands for one task, which runs once, whatever races, fails and is repeated', async () => {
  await fc.assert(races(), { numRuns: 100 });
});

it('takes the same course each time', async () => {
  await expectSameCourse(races, 30);
});

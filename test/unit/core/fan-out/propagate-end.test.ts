import { describe, expect, it } from 'vitest';
import { sweep } from '../../../../functions/control/sweep.ts';
import { propagateEnd } from '../../../../functions/core/fan-out/propagate-end.ts';
import { subtaskIdOf, type TaskId } from '../../../../functions/core/task/ids.ts';
import {
  type CancelledTask,
  isFinished,
  newTask,
  type TaskSeed,
  type WaitingTask,
} from '../../../../functions/core/task/task.ts';
import { cancelled } from '../../../../functions/core/task/transition.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld } from '../../../doubles/world.ts';

const PARTS = 60;
const subtasks = { inline: [] };

const waiting = (seed: TaskSeed, count: number): WaitingTask => ({
  ...seed,
  status: 'waiting',
  attempt: 1,
  startedAt: 0,
  fanOut: { attempt: 1, count },
});
const child = ({ tenantId, id, parent }: TaskSeed, index: number): TaskSeed =>
  taskSeed({
    id: subtaskIdOf(tenantId, id, 1, index),
    parent: { id, attempt: 1, index, depth: (parent?.depth ?? 0) + 1 },
  });

describe('what follows the cancel of a fan-out of fan-outs of fan-outs', () => {
  /** Makes 60 x 60 x 60 parts, of which only those exist that are asked for. */
  function deep(latency: () => Promise<unknown>) {
    const world = createWorld();
    const { store, fanOuts } = world.ports;
    const calls = { underWay: 0, most: 0, cancels: 0 };
    const counted = async <T>(work: () => T): Promise<T> => {
      calls.most = Math.max(calls.most, ++calls.underWay);
      await latency();
      calls.underWay--;
      return work();
    };
    const rows = new Map<TaskId, TaskSeed>();
    const root = taskSeed();
    const open = (parent: TaskSeed): WaitingTask => {
      for (let index = 0; index < PARTS; index++) {
        const one = child(parent, index);
        rows.set(one.id, one);
      }
      return waiting(parent, PARTS);
    };
    fanOuts.get = () =>
      counted(() => ({ subtasks, onFailure: 'fail', pending: new Set(Array.from({ length: PARTS }, (_, at) => at)) }));
    store.cancel = (_tenantId, id) =>
      counted(() => {
        calls.cancels++;
        const seed = rows.get(id);
        if (seed === undefined) throw new Error(`nobody has made ${id}`);
        const task = (seed.parent?.depth ?? 0) < 3 ? open(seed) : newTask(seed);
        return { result: 'cancelled', task: cancelled(task as WaitingTask, world.now) };
      });
    return { world, calls, root: cancelled(open(root), world.now) };
  }

  it.each([
    ['at once', async () => undefined],
    ['after a while', () => new Promise(setImmediate)],
  ])('has at most fifty calls under way, where the tables answer %s', async (_, latency) => {
    const { world, calls, root } = deep(latency);
    await propagateEnd(root, world.ports);
    expect(calls.most).toBeLessThanOrEqual(50);
    expect(calls.cancels).toBeGreaterThanOrEqual(1_000);
    expect(calls.cancels).toBeLessThanOrEqual(1_000 + PARTS);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'subtasks left to the sweeper to cancel', task_id: root.id }),
    );
  });
});

it('a tree that is larger than one follow-up is ended by the sweeper, level by level', async () => {
  const world = createWorld();
  const { store, fanOuts } = world.ports;
  const all: TaskSeed[] = [];
  const grow = async (seed: TaskSeed, width: number): Promise<void> => {
    all.push(seed);
    await store.insert(newTask(seed));
    if ((seed.parent?.depth ?? 0) === 3) return;
    const lease = { token: seed.id as never, expiresAt: world.now + 1000 };
    const claim = await store.claim(seed, lease, world.now);
    if (claim.result !== 'claimed') throw new Error(claim.result);
    const parent = { tenantId: seed.tenantId, id: seed.id, attempt: 1 };
    await fanOuts.open(parent, { subtasks, onFailure: 'fail', count: width }, world.now);
    const fanOut = { attempt: 1, count: width };
    await store.settle(claim.task, { status: 'waiting', fanOut, reconcileAt: world.now + 900_000 });
    for (let index = 0; index < width; index++) await grow(child(seed, index), width);
  };
  const root = taskSeed();
  await grow(root, 14);
  const cancel = await store.cancel(root.tenantId, root.id, world.now);
  await propagateEnd((cancel as { task: CancelledTask }).task, world.ports);
  const open = async () => {
    const ids = all.map(({ id }) => id);
    return (await store.getAll(root.tenantId, ids, world.now)).filter((task) => !isFinished(task)).length;
  };
  expect(await open()).toBeGreaterThan(1_000);
  for (let minutes = 0; minutes < 2; minutes++) {
    world.advance(60);
    await sweep(world.now + 45_000, { ...world.ports, due: store });
  }
  expect(await open()).toBe(0);
});

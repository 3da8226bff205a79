import { beforeEach, expect, it } from 'vitest';
import { shardOf } from '../../../functions/core/lane/routing.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const TABLES = 4;
/** This tenant's tasks with a key go to another table once there are four. */
const tenantId = Array.from({ length: 50 }, (_, number) => `tenant-${number}`).find(
  (name) => shardOf(name, TABLES) !== 0,
);
const caller = { tenantId: String(tenantId), scopes: 'submit read' };
const ada = { type: 'greet', input: { name: 'Ada' } };
const headers = { 'idempotency-key': 'order-1' };

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});
const grow = () => Object.assign(world.ports, { tableShards: TABLES });
const submit = (body: unknown = ada) => callApi(world, 'POST /api/tasks', { body, headers, caller });
const submitAll = (tasks: readonly unknown[]) =>
  callApi(world, 'POST /api/tasks/batch', { body: { tasks }, headers, caller });

it('a key that is new goes to the table that is its home now', async () => {
  grow();
  expect((await submit()).body.id).toMatch(new RegExp(`-${shardOf(caller.tenantId, TABLES)}$`));
});

it('a key from before there were more tables is replayed, and sends nothing', async () => {
  const first = await submit();
  expect(first.body.id).toMatch(/-0$/);
  grow();
  const again = await submit();
  expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' }, body: { id: first.body.id } });
  expect(world.queue.messages.size).toBe(1);
});

it('a key from before there were more tables still conflicts with another task', async () => {
  await submit();
  grow();
  expect(await submit({ ...ada, priority: 'low' })).toMatchObject({
    status: 409,
    body: { code: 'idempotency_conflict' },
  });
});

it('so is it with each task of a bulk submit', async () => {
  const first = await submitAll([ada, ada]);
  grow();
  const again = await submitAll([ada, { ...ada, priority: 'low' }, ada]);
  const [old] = first.body.results as [{ task: { id: string } }];
  expect(again).toMatchObject({
    body: {
      accepted: 2,
      results: [
        { status: 'accepted', replayed: true, task: { id: old.task.id } },
        { status: 'rejected', problem: { code: 'idempotency_conflict' } },
        { status: 'accepted' },
      ],
    },
  });
});

it('a task without a key is found wherever it is, however many tables there are by now', async () => {
  const { body } = await callApi(world, 'POST /api/tasks', { body: ada, caller });
  grow();
  expect(await callApi(world, `GET /api/tasks/${body.id}`, { caller })).toMatchObject({ status: 200, body });
});

it('so is it with a schedule', async () => {
  const create = (more: object = {}) =>
    callApi(world, 'POST /api/schedules', { body: { ...ada, rateMinutes: 60, ...more }, headers, caller });
  const first = await create();
  expect(first.body.id).toMatch(/-0$/);
  grow();
  const replayed = { 'idempotent-replayed': 'true', location: `/api/schedules/${first.body.id}` };
  expect(await create()).toMatchObject({ status: 201, headers: replayed, body: { id: first.body.id } });
  expect(await create({ rateMinutes: 5 })).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
});

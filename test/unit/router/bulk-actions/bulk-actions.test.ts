import { describe, expect, it } from 'vitest';
import { BULK_ACTION_TYPE } from '../../../../functions/core/bulk-action/bulk-action.ts';
import type { TaskId } from '../../../../functions/core/task/ids.ts';
import { createBulkActionWorld } from '../../../doubles/bulk-action-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { callApi } from '../call-api.ts';

const failedOnes = { action: 'retry', filter: { status: 'failed', type: 'greet' } };

describe('a bulk action', () => {
  it('is counted first, and then carried out, with an account', async () => {
    const world = createBulkActionWorld();
    world.fail(7);
    world.advance(1);
    const dry = await callApi(world, 'POST /api/bulk-actions', { body: { ...failedOnes, dryRun: true } });
    expect(dry).toMatchObject({ status: 200, body: { counts: { matched: 7, done: 0, refused: 0 }, isExact: true } });
    expect(world.startedBulkActions).toBe(0);

    const made = await callApi(world, 'POST /api/bulk-actions', { body: { ...failedOnes, ratePerSecond: 5 } });
    expect(made).toMatchObject({
      status: 202,
      headers: { location: `/api/bulk-actions/${made.body.id}` },
      body: { ...failedOnes, status: 'running', isCounted: false, ratePerSecond: 5, taskId: made.body.id },
    });
    expect(world.startedBulkActions).toBe(1);
    expect(await callApi(world, `GET /api/tasks/${made.body.taskId}`)).toMatchObject({
      body: { type: BULK_ACTION_TYPE, status: 'queued' },
    });
    await world.run();
    const ended = await callApi(world, `GET /api/bulk-actions/${made.body.id}`);
    expect(ended.body).toMatchObject({
      status: 'succeeded',
      isCounted: true,
      counts: { matched: 7, done: 7, refused: 0 },
      refusals: [],
      finishedAt: expect.any(String),
    });
    expect((await callApi(world, 'GET /api/bulk-actions')).body).toEqual({ items: [ended.body], nextCursor: null });
    expect(await callApi(world, `GET /api/tasks/${made.body.taskId}`)).toMatchObject({
      body: { status: 'succeeded', output: { matched: 7, done: 7, refused: 0 } },
    });
  });

  it.each<[string, object, string]>([
    ['an empty filter', { action: 'retry', filter: {} }, '/filter'],
    ['no filter', { action: 'retry' }, '/filter'],
    ['another action', { action: 'pause', filter: { type: 'greet' } }, '/action'],
    ['an unknown field of the filter', { action: 'retry', filter: { typ: 'greet' } }, '/filter/typ'],
    ['a status that cannot be retried', { action: 'retry', filter: { status: 'running' } }, '/filter/status'],
    ['a status that cannot be cancelled', { action: 'cancel', filter: { status: 'failed' } }, '/filter/status'],
    ['a status that cannot be deleted', { action: 'delete', filter: { status: 'queued' } }, '/filter/status'],
    ['half an assignee', { action: 'retry', filter: { assigneeType: 'user' } }, '/filter/assigneeId'],
    ['a rate of nothing', { ...failedOnes, ratePerSecond: 0 }, '/ratePerSecond'],
    ['more than the deployment allows', { ...failedOnes, ratePerSecond: 201 }, '/ratePerSecond'],
  ])('is refused with %s, by its field', async (_, body, field) => {
    const world = createBulkActionWorld();
    const answer = await callApi(world, 'POST /api/bulk-actions', { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
    expect((await callApi(world, 'GET /api/bulk-actions')).body.items).toEqual([]);
  });

  it('is one for its key, however often it is asked for, and begins once', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const headers = { 'idempotency-key': 'friday' };
    const first = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers });
    await world.run();
    world.advance(5);
    const again = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers });
    expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' } });
    expect(again.body).toMatchObject({ id: first.body.id, status: 'succeeded', counts: { done: 3 } });
    await world.run();
    expect((await callApi(world, 'GET /api/bulk-actions')).body.items).toHaveLength(1);
    const other = { ...failedOnes, ratePerSecond: 7 };
    expect(await callApi(world, 'POST /api/bulk-actions', { body: other, headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_conflict' },
    });
  });

  it.each(['was deleted', 'is past its retention'])(
    'does not begin again by its key where its task %s',
    async (what) => {
      const world = createBulkActionWorld();
      world.fail(3);
      world.advance(1);
      const headers = { 'idempotency-key': 'friday' };
      const { body } = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers });
      await callApi(world, `POST /api/bulk-actions/${body.id}/abort`);
      if (what === 'was deleted') await callApi(world, `DELETE /api/tasks/${body.id}`);
      else {
        world.advance(16 * 86_400);
        // TTL has taken its row.
        world.ports.store.bury({ ...taskSeed(), id: body.id as TaskId, deletedAt: 0, freeAt: 0 });
      }
      expect(await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers })).toMatchObject({
        status: 409,
        body: { code: 'idempotency_conflict' },
      });
      await world.run();
      expect(world.queue.messages.size).toBe(0);
      expect((await callApi(world, `GET /api/bulk-actions/${body.id}`)).status).toBe(404);
    },
  );

  it('counts no other of its kind where it is only to count', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    await callApi(world, 'POST /api/bulk-actions', { body: failedOnes });
    await world.run();
    world.advance(1);
    for (const [filter, matched] of [
      [{ createdFrom: '2025-01-01T00:00:00Z' }, 0],
      [{ type: BULK_ACTION_TYPE }, 0],
    ] as const) {
      const body = { action: 'delete', filter, dryRun: true };
      expect((await callApi(world, 'POST /api/bulk-actions', { body })).body).toMatchObject({
        counts: { matched },
      });
    }
  });

  it('is finished by a second request where the first died between its writes', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const headers = { 'idempotency-key': 'friday' };
    const { hold } = world.ports.store;
    world.ports.store.hold = () => Promise.reject(new Error('no answer'));
    expect((await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers })).status).toBe(503);
    world.ports.store.hold = hold;
    const again = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes, headers });
    await world.run();
    expect((await callApi(world, `GET /api/bulk-actions/${again.body.id}`)).body).toMatchObject({
      counts: { done: 3 },
    });
  });

  it('is begun by the sweeper where nobody can be called', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    Object.assign(world.ports, { startBulkActions: () => Promise.reject(new Error('no answer')) });
    const made = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes });
    expect(made.status).toBe(202);
    expect(world.logged.some(({ event }) => event === 'bulk action not begun: the sweeper will')).toBe(true);
    await world.run();
    expect((await callApi(world, `GET /api/bulk-actions/${made.body.id}`)).body).toMatchObject({ status: 'succeeded' });
  });

  it('is aborted once, and five are under way at most', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push(String((await callApi(world, 'POST /api/bulk-actions', { body: failedOnes })).body.id));
    }
    const sixth = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes });
    expect(sixth).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    const aborted = await callApi(world, `POST /api/bulk-actions/${ids[0]}/abort`);
    expect(aborted).toMatchObject({ status: 202, body: { status: 'aborted', finishedAt: expect.any(String) } });
    expect((await callApi(world, `POST /api/bulk-actions/${ids[0]}/abort`)).status).toBe(409);
    expect((await callApi(world, 'POST /api/bulk-actions', { body: failedOnes })).status).toBe(202);
  });

  it('cannot be retried as a task: another is asked for instead', async () => {
    const world = createBulkActionWorld();
    const { body } = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes });
    await callApi(world, `POST /api/bulk-actions/${body.id}/abort`);
    const again = await callApi(world, `POST /api/tasks/${body.id}/retry`);
    expect(again).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(world.queue.messages.size).toBe(0);
  });

  it('tells refusals by code, with examples', async () => {
    const world = createBulkActionWorld();
    const parent = { id: '01M859FY21NP7H6QB49KRATWQ0-0' as never, attempt: 1, index: 0, depth: 1 };
    const [part] = world.fail(1, { parent });
    world.fail(2);
    world.advance(1);
    const { body } = await callApi(world, 'POST /api/bulk-actions', { body: failedOnes });
    await world.run();
    expect((await callApi(world, `GET /api/bulk-actions/${body.id}`)).body).toMatchObject({
      counts: { matched: 3, done: 2, refused: 1 },
      refusals: [{ code: 'subtask', count: 1, exampleIds: [part?.id] }],
    });
  });
});

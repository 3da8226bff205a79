import { beforeEach, describe, expect, it } from 'vitest';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

type Page = { readonly items: { readonly id: string }[]; readonly nextCursor: string | null };

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});

const submit = async (more: Record<string, unknown> = {}, tenantId = 'acme'): Promise<string> => {
  world.advance(1);
  const body = { type: 'greet', input: { name: 'Ada' }, ...more };
  const answer = await callApi(world, 'POST /api/tasks', { body, caller: { tenantId, scopes: 'submit' } });
  return String(answer.body.id);
};
const tags = ['order/7', 'region=eu'];
const list = (query = '', tenantId = 'acme') =>
  callApi(world, `GET /api/tasks${query}`, { caller: { tenantId, scopes: 'read' } });
const pageOf = async (query = '', tenantId = 'acme') => (await list(query, tenantId)).body as Page;

describe('GET /api/tasks', () => {
  it('is empty where there is nothing', async () => {
    expect(await pageOf()).toEqual({ items: [], nextCursor: null });
  });

  it('shows the newest first, without inputs, 25 unless told otherwise', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 30; count++) ids.unshift(await submit());
    const { items, nextCursor } = await pageOf();
    expect(items.map(({ id }) => id)).toEqual(ids.slice(0, 25));
    expect(items[0]).not.toHaveProperty('input');
    const { items: rest, nextCursor: end } = await pageOf(`?cursor=${encodeURIComponent(String(nextCursor))}`);
    expect(rest.map(({ id }) => id)).toEqual(ids.slice(25));
    expect(end).toBeNull();
  });

  it("never shows another tenant's tasks", async () => {
    await submit({}, 'other');
    expect((await pageOf()).items).toEqual([]);
  });

  it.each([
    ['status=queued', true],
    ['status=scheduled', false],
    ['status=succeeded', false],
    ['type=greet', true],
    ['type=gone', false],
    ['assigneeType=user&assigneeId=u%201', true],
    ['assigneeType=user&assigneeId=u-2', false],
    ['workflowInstanceId=wf-1', true],
    ['workflowInstanceId=wf-2', false],
    ['status=queued&type=greet&assigneeType=user&assigneeId=u%201&workflowInstanceId=wf-1', true],
    ['status=failed&type=greet&assigneeType=user&assigneeId=u%201&workflowInstanceId=wf-1', false],
    // It is created a second after the first of January 2026.
    ['createdFrom=2026-01-01T00:00:01Z', true],
    ['createdFrom=2026-01-01T01:00:01%2B01:00&createdTo=2026-01-01T00:00:02Z', true],
    ['createdFrom=2026-01-01T00:00:01.001Z', false],
    ['createdTo=2026-01-01T00:00:01Z', false],
    ['errorCode=timeout', false],
    ['tag=order/7', true],
    ['tag=region%3Deu', true],
    ['tag=order', false],
    ['tag=region%3Deu&status=failed', false],
  ])('filters by %s', async (filter, found) => {
    const id = await submit({ assignee: { type: 'user', id: 'u 1' }, workflowInstanceId: 'wf-1', tags });
    const { items } = await pageOf(`?${filter}`);
    expect(items.map((item) => item.id)).toEqual(found ? [id] : []);
  });

  it.each([
    ['limit=0', ['limit']],
    ['limit=101', ['limit']],
    ['limit=2.5', ['limit']],
    ['limit=ten', ['limit']],
    ['limit=', ['limit']],
    ['status=asleep', ['status']],
    ['status=queued,failed', ['status']],
    ['type=', ['type']],
    [`workflowInstanceId=${'x'.repeat(129)}`, ['workflowInstanceId']],
    ['assigneeType=user', ['assigneeId']],
    ['assigneeId=u-1', ['assigneeId']],
    ['state=failed', ['state']],
    ['createdFrom=yesterday', ['createdFrom']],
    ['createdTo=2026-01-01', ['createdTo']],
    ['createdFrom=1969-12-31T00:00:00Z', ['createdFrom']],
    ['createdFrom=2026-01-02T00:00:00Z&createdTo=2026-01-02T00:00:00Z', ['createdTo']],
    ['tag=', ['tag']],
    ['tag=a%20b', ['tag']],
    ['tag=a,b', ['tag']],
    [`tag=${'x'.repeat(65)}`, ['tag']],
    ['errorCode=', ['errorCode']],
    ['errorCode=timeout&status=queued', ['errorCode']],
    ['limit=0&status=done', ['status', 'limit']],
    ['cursor=', ['cursor']],
    ['cursor=nonsense', ['cursor']],
  ])('refuses ?%s and names what is wrong', async (query, fields) => {
    const { status, body } = await list(`?${query}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect((body.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
  });
});

describe('a cursor', () => {
  let cursor: string;
  beforeEach(async () => {
    for (let count = 0; count < 4; count++) await submit();
    cursor = String((await pageOf('?limit=2&type=greet')).nextCursor);
  });
  const withCursor = (text: string, filter = 'type=greet', tenantId = 'acme') =>
    list(`?${filter}&cursor=${encodeURIComponent(text)}`, tenantId);

  it('goes on where its page ended, whatever the limit', async () => {
    expect((await withCursor(cursor, 'type=greet&limit=100')).body).toMatchObject({
      items: [{}, {}],
      nextCursor: null,
    });
  });

  it('is refused from another tenant', async () => {
    expect(await withCursor(cursor, 'type=greet', 'other')).toMatchObject({ status: 400 });
  });

  it.each([
    ...['limit=2', 'type=other', 'type=greet&status=queued', 'type=greet&workflowInstanceId=wf-1'],
    ...['type=greet&createdFrom=2026-01-01T00:00:00Z', 'type=greet&createdTo=2027-01-01T00:00:00Z'],
    ...['type=greet&errorCode=timeout', 'type=greet&tag=eu'],
  ])('is refused under another filter: %s', async (filter) => {
    expect(await withCursor(cursor, filter)).toMatchObject({ status: 400 });
  });

  it('is refused with any of its characters changed, added or left out', async () => {
    for (let place = 0; place < cursor.length; place++) {
      const other = cursor[place] === 'A' ? 'B' : 'A';
      const [before, after] = [cursor.slice(0, place), cursor.slice(place + 1)];
      for (const tampered of [before + other + after, before + after, before + other + cursor.slice(place)]) {
        expect((await withCursor(tampered)).status, tampered).toBe(400);
      }
    }
  });
});

describe('GET /api/tasks/count', () => {
  const count = (query = '', tenantId = 'acme') =>
    callApi(world, `GET /api/tasks/count${query}`, { caller: { tenantId, scopes: 'read' } });
  const none = { scheduled: 0, queued: 0, running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 };

  it("counts the tenant's tasks that fit, by status", async () => {
    for (const more of [{}, {}, { delaySeconds: 60 }, { workflowInstanceId: 'wf-1' }]) await submit(more);
    await submit({}, 'other');
    expect(await count()).toMatchObject({
      status: 200,
      body: { total: 4, byStatus: { ...none, queued: 3, scheduled: 1 }, isExact: true },
    });
    expect((await count('?workflowInstanceId=wf-1')).body).toMatchObject({ total: 1 });
    expect((await count('?createdFrom=2026-01-01T00:00:03Z&status=queued')).body).toMatchObject({ total: 1 });
  });

  it('takes what a list takes as a filter, and nothing else', async () => {
    for (const query of ['?status=asleep', '?limit=5', '?errorCode=timeout&status=queued', '?assigneeType=user']) {
      expect(await count(query), query).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });
});

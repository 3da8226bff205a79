import { expect, it } from 'vitest';
import { createClient } from '../../../entries/client.ts';
import { OPEN_ROUTES, ROUTES } from '../../../functions/contract.ts';
import { aKey } from '../../doubles/keys.ts';
import { startUnkindApi } from './unkind-api.ts';

it('has every call of the API, as it is', async () => {
  const { client, seen, world } = await startUnkindApi();
  const task = await client.submit(
    'greet',
    { name: 'Ada' },
    { priority: 'high', assignee: { type: 'user', id: 'u-1' } },
  );
  expect(task).toMatchObject({ status: 'queued', priority: 'high', assignee: { id: 'u-1' }, input: { name: 'Ada' } });
  expect(await client.submitAll([{ type: 'greet', input: { name: 'Bob' } }])).toMatchObject([{ status: 'accepted' }]);
  expect(await client.get(task)).toEqual(task);
  expect((await client.list({ assigneeType: 'user', assigneeId: 'u-1', limit: 1 }).page()).items).toHaveLength(1);
  expect(await client.count({ type: 'greet', createdFrom: new Date(0) })).toMatchObject({ total: 2, isExact: true });
  expect((await client.subtasks(task).page()).items).toEqual([]);
  expect(await client.attempts(task)).toEqual([]);
  expect((await client.logs(task, { limit: 1 }).page()).items).toEqual([]);
  expect(await client.cancel(task)).toMatchObject({ id: task.id, status: 'cancelled' });
  expect(await client.retry(task.id, { input: { name: 'Grace' } })).toMatchObject({ id: task.id, status: 'queued' });
  expect(await client.formerInputs(task)).toMatchObject([{ attempt: 0, input: { name: 'Ada' } }]);
  await client.cancel(task.id);
  expect(await client.deleteTask(task)).toEqual({ id: task.id });
  const fit = { action: 'cancel', filter: { type: 'greet', createdFrom: new Date(world.now) } } as const;
  expect(await client.countForBulkAction(fit)).toMatchObject({ counts: { matched: 1 }, isExact: true });
  const bulkAction = await client.createBulkAction({ ...fit, ratePerSecond: 5 });
  expect(bulkAction).toMatchObject({
    action: 'cancel',
    status: 'running',
    ratePerSecond: 5,
    filter: { type: 'greet' },
  });
  expect((await client.bulkActions({ limit: 1 }).page()).items).toMatchObject([{ id: bulkAction.id }]);
  expect(await client.bulkAction(bulkAction.id)).toMatchObject({ isCounted: false });
  expect(await client.abortBulkAction(bulkAction.id)).toMatchObject({ status: 'aborted' });
  const schedule = await client.createSchedule({ type: 'greet', input: { name: 'Ada' }, cron: '@daily' });
  expect(schedule).toMatchObject({ cron: '@daily', timezone: 'UTC', overlap: 'queue' });
  expect((await client.schedules({ limit: 1 }).page()).items).toMatchObject([{ id: schedule.id }]);
  expect(await client.changeSchedule(schedule.id, { rateMinutes: 5 })).toMatchObject({ rateMinutes: 5 });
  expect(await client.pauseSchedule(schedule.id)).toMatchObject({ paused: true });
  expect(await client.resumeSchedule(schedule.id)).toMatchObject({ paused: false });
  expect(await client.runSchedule(schedule.id)).toMatchObject({ schedule: { id: schedule.id }, status: 'queued' });
  expect(await client.schedule(schedule.id)).toMatchObject({ last: { outcome: 'fired' } });
  expect(await client.deleteSchedule(schedule.id)).toEqual({ id: schedule.id });
  const key = await aKey(world);
  expect((await client.keys({ limit: 1 }).page()).items).toMatchObject([{ id: key.id, isCaller: false }]);
  expect(await client.revokeKey(key.id)).toEqual({ id: key.id });
  const webhook = await client.createWebhook({ url: 'https://hooks.example/', statuses: ['failed'] });
  expect(webhook).toMatchObject({ statuses: ['failed'], secret: expect.stringMatching(/^whsec_/) });
  const { secret: _, ...shown } = webhook;
  expect(await client.webhooks()).toEqual([shown]);
  expect(await client.webhook(webhook.id)).toEqual(shown);
  expect(await client.pauseWebhook(webhook.id)).toMatchObject({ paused: true });
  expect(await client.resumeWebhook(webhook.id)).toEqual(shown);
  expect(await client.rotateSecret(webhook.id)).toMatchObject({ previousUntil: expect.any(String) });
  expect(await client.rotateSecret()).toEqual({ secret: expect.stringMatching(/^whsec_/) });
  expect(await client.deleteWebhook(webhook.id)).toEqual({ id: webhook.id });
  expect((await client.lanes()).map(({ name }) => name)).toContain('default-high-0');
  expect(await client.deadLetters('default-high-0', { limit: 1 })).toMatchObject({ items: [], hasMore: false });
  world.ports.deadLetters.put('default', { body: '{', laneName: 'default-high-0', reason: 'it is half of something' });
  expect(await client.deadLetter('default-high-0', 'letter-1')).toMatchObject({ text: '{', tasks: [] });
  await expect(client.redriveDeadLetter('default-high-0', 'letter-1')).rejects.toThrow('no executor can read it');
  await expect(client.redriveDeadLetter('default-high-0', 'letter-1', { v: 1, tasks: [] })).rejects.toThrow('message');
  expect(await client.dropDeadLetter('default-high-0', 'letter-1')).toEqual({ id: 'letter-1', cancelled: 0 });
  world.advance(60);
  expect((await client.audit({ limit: 1, action: 'dropDeadLetter' }).page()).items).toMatchObject([
    { action: 'dropDeadLetter', resource: 'lanes/default-high-0/dead-letters/letter-1', outcome: 200 },
  ]);
  expect(await client.redrive('default-high-0')).toMatchObject({ messages: 0 });
  const to = new Date(world.now);
  expect(await client.statistics({ type: 'greet', from: new Date(world.now - 60_000), to })).toMatchObject({
    to: to.toISOString(),
  });
  expect((await client.definitions()).items.map(({ type }) => type)).toContain('greet');
  expect(await client.changeDefinition('greet', { maxAttempts: 2, paused: null })).toMatchObject({
    settings: { maxAttempts: 2 },
  });
  expect(await client.definition('greet')).toMatchObject({ retry: { maxAttempts: 2 } });
  expect(await client.health()).toEqual({ status: 'ok' });
  expect(await client.openapi()).toMatchObject({ openapi: '3.1.0' });
  const made = new Set(
    seen.map(({ request }) =>
      request
        .replace(/\?.*/, '')
        .replace(task.id, '{id}')
        .replace(schedule.id, '{id}')
        .replace(bulkAction.id, '{id}')
        .replace(key.id, '{id}')
        .replace(webhook.id, '{id}')
        .replace('letter-1', '{id}')
        .replace('default-high-0', '{name}')
        .replace(/definitions\/greet/, 'definitions/{type}'),
    ),
  );
  expect([...made].toSorted()).toEqual([...Object.keys(ROUTES), ...OPEN_ROUTES].toSorted());
});

it('goes through a list of any length, page by page', async () => {
  const { client, seen } = await startUnkindApi();
  const tasks = Array.from({ length: 25 }, (_, number) => ({ type: 'greet', input: { name: `Ada ${number}` } }));
  await client.submitAll(tasks);
  const before = seen.length;
  const ids = new Set<string>();
  for await (const { id } of client.list({ type: 'greet', limit: 10 })) ids.add(id);
  expect(ids.size).toBe(25);
  expect(seen.length - before).toBe(3);
  for await (const { id } of client.list({ limit: 10 })) {
    expect(ids).toContain(id);
    break;
  }
  expect(seen.length - before).toBe(4);
  const first = await client.list({ limit: 10 }).page();
  const second = await client.list({ limit: 10 }).page(first.nextCursor ?? '');
  expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(20);
});

it('sends its key, or what a function returns before each request', async () => {
  const { url, seen } = await startUnkindApi();
  await createClient({ url: `${url}/`, key: 'mr_one' }).health();
  let count = 0;
  const rotating = createClient({ url, key: async () => `token-${++count}` });
  await rotating.health();
  await rotating.health();
  expect(seen.map(({ request, headers }) => `${request} ${headers.authorization}`)).toEqual([
    'GET /api/health Bearer mr_one',
    'GET /api/health Bearer token-1',
    'GET /api/health Bearer token-2',
  ]);
});

it('sends what a name may have of any character', async () => {
  const { client, seen } = await startUnkindApi();
  await client.get('a/../b?c#d').catch(() => {});
  await client.list({ workflowInstanceId: 'a&b=c d' }).page();
  expect(seen.map(({ request }) => request)).toEqual([
    'GET /api/tasks/a%2F..%2Fb%3Fc%23d',
    'GET /api/tasks?workflowInstanceId=a%26b%3Dc+d',
  ]);
});

it('has no more requests under way than it may', async () => {
  const { url } = await startUnkindApi();
  let underWay = 0;
  let most = 0;
  const client = createClient({
    url,
    key: 'k',
    concurrency: 3,
    fetch: async (address, init) => {
      most = Math.max(most, ++underWay);
      return fetch(address, init).finally(() => underWay--);
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => client.health()));
  expect(most).toBe(3);
});

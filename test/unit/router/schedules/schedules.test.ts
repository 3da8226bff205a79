import { describe, expect, it } from 'vitest';
import { invoke } from '../../../doubles/executor-world.ts';
import { fire } from '../../../doubles/schedules.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const daily = { ...ada, cron: '30 2 * * *', timezone: 'Europe/Berlin' };
const create = (world: World, body: object = daily, headers = {}) =>
  callApi(world, 'POST /api/schedules', { body, headers });
const errorsOf = ({ body }: Awaited<ReturnType<typeof callApi>>) =>
  (body.errors as { field: string; message: string }[] | undefined)?.map(({ field, message }) => `${field} ${message}`);

describe('POST /api/schedules', () => {
  it('answers with the schedule, and when it comes next', async () => {
    const world = createWorld([greet]);
    world.now = Date.parse('2026-03-28T12:00:00Z');
    const { status, headers, body } = await create(world, { ...daily, name: 'greetings' });
    expect(status).toBe(201);
    expect(headers.location).toBe(`/api/schedules/${body.id}`);
    expect(body).toMatchObject({
      ...daily,
      name: 'greetings',
      overlap: 'queue',
      missed: 'latest',
      paused: false,
      source: 'api',
      skipped: 0,
      nextTimes: ['29T01:00', '30T00:30', '31T00:30']
        .map((time) => `2026-03-${time}:00.000Z`)
        .concat(['2026-04-01T00:30:00.000Z', '2026-04-02T00:30:00.000Z']),
    });
    expect(await callApi(world, `GET /api/schedules/${body.id}`)).toMatchObject({ status: 200, body });
  });

  it.each<[string, object, string]>([
    ['no time', ada, '/cron is missing: give it, or rateMinutes'],
    ['two', { ...daily, timezone: undefined, rateMinutes: 5 }, '/rateMinutes is given beside cron'],
    ['a zone of a rate', { ...ada, rateMinutes: 5, timezone: 'UTC' }, '/timezone is given beside rateMinutes'],
    ['seconds', { ...ada, cron: '* * * * * *' }, '/cron must have five fields'],
    ['a day that never comes', { ...ada, cron: '0 0 31 2 *' }, '/cron never comes; write one such as 0 9 * * MON-FRI'],
    ['a place that is none', { ...daily, timezone: 'Europe/Atlantis' }, '/timezone is no time zone'],
    ['an input of another type', { ...daily, input: { name: 7 } }, '/input/name '],
    ['no input', { type: 'greet', cron: '@daily' }, '/input '],
    ['a large input', { ...daily, input: { name: 'x'.repeat(9_000) } }, '/input takes 9011 bytes where 8192 fit'],
    ['a type that is none', { ...daily, type: 'great' }, '/type there is no task type "great"'],
    ['an unknown overlap', { ...daily, overlap: 'allow' }, '/overlap '],
    ['all of what overlaps', { ...daily, overlap: 'skip', missed: 'all' }, '/missed all is for overlap queue'],
    ['an unknown field', { ...daily, every: 'day' }, '/every '],
    ['a rate of none', { ...ada, rateMinutes: 0 }, '/rateMinutes '],
  ])('refuses %s, with its field', async (_, body, error) => {
    const answer = await create(createWorld([greet]), body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(errorsOf(answer)).toContainEqual(expect.stringContaining(error));
  });

  it('makes one schedule of a request that is repeated under its key', async () => {
    const world = createWorld([greet]);
    const key = { 'idempotency-key': 'order-1' };
    const { body: first } = await create(world, daily, key);
    await callApi(world, `PATCH /api/schedules/${first.id}`, { body: { overlap: 'skip' } });
    const again = await create(world, daily, key);
    expect(again).toMatchObject({ status: 201, body: { id: first.id, overlap: 'skip' } });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(await create(world, { ...daily, cron: '@hourly' }, key)).toMatchObject({ status: 409 });
    // The key of a task is another's.
    expect((await callApi(world, 'POST /api/tasks', { body: ada, headers: key })).status).toBe(202);
  });
});

describe('the schedules of a tenant', () => {
  it('are listed page by page, without inputs', async () => {
    const world = createWorld([greet]);
    const ids: unknown[] = [];
    for (let count = 0; count < 5; count++) ids.push((await create(world)).body.id);
    const first = await callApi(world, 'GET /api/schedules?limit=3');
    const second = await callApi(world, `GET /api/schedules?limit=3&cursor=${first.body.nextCursor}`);
    const items = [first, second].flatMap(({ body }) => body.items as { id: string; input?: unknown }[]);
    expect(items.map(({ id }) => id)).toEqual(ids);
    expect(items.filter(({ input }) => input !== undefined)).toEqual([]);
    expect(second.body.nextCursor).toBeNull();
    expect(await callApi(world, 'GET /api/schedules?cursor=nonsense')).toMatchObject({ status: 400 });
  });

  it('change as they are told, and keep the rest', async () => {
    const world = createWorld([greet]);
    const { id } = (await create(world, { ...daily, name: 'one' })).body;
    const patch = (body: object) => callApi(world, `PATCH /api/schedules/${id}`, { body });
    const { id: _, ...kept } = (await callApi(world, `GET /api/schedules/${id}`)).body;
    world.advance(60);
    expect((await patch({ overlap: 'cancel', input: { name: 'Eve' } })).body).toMatchObject({
      ...kept,
      overlap: 'cancel',
      input: { name: 'Eve' },
    });
    expect((await patch({ timezone: 'UTC' })).body).toMatchObject({ cron: '30 2 * * *', timezone: 'UTC', name: 'one' });
    const rate = await patch({ rateMinutes: 7, name: null });
    expect(rate.body).toMatchObject({ rateMinutes: 7, nextTime: new Date(world.now + 6 * 60_000).toISOString() });
    for (const gone of ['cron', 'timezone', 'name']) expect(rate.body).not.toHaveProperty(gone);
    expect(errorsOf(await patch({ timezone: 'UTC' }))).toEqual([expect.stringContaining('/cron is missing')]);
    expect(errorsOf(await patch({ input: { name: 7 } }))).toEqual([expect.stringContaining('/input/name')]);
    expect(errorsOf(await patch({ type: 'echo' }))).toEqual([expect.stringContaining('/type')]);
  });

  it('stop while they are paused, go on behind what came meanwhile, and end when they are deleted', async () => {
    const world = createWorld([greet]);
    const { id } = (await create(world, { ...ada, rateMinutes: 1 })).body;
    const call = (verb: string) => callApi(world, `${verb.replace('*', `/api/schedules/${id}`)}`);
    expect((await call('POST */pause')).body).toMatchObject({ paused: true, nextTimes: [] });
    expect((await call('POST */pause')).status).toBe(200);
    world.advance(300);
    await fire(world);
    expect((await call('POST */resume')).body).toMatchObject({
      paused: false,
      nextTime: new Date(world.now + 60_000).toISOString(),
    });
    expect((await call('POST */resume')).status).toBe(200);
    await fire(world);
    expect(world.queue.messages.size).toBe(0);
    expect((await call('DELETE *')).body).toEqual({ id });
    expect((await call('GET *')).status).toBe(404);
    world.advance(60);
    await fire(world);
    expect(world.queue.messages.size).toBe(0);
  });

  it('tell what became of the latest firing, and of its task', async () => {
    const world = createWorld([greet]);
    const { id } = (await create(world, { ...ada, rateMinutes: 1, overlap: 'skip' })).body;
    const get = async () => (await callApi(world, `GET /api/schedules/${id}`)).body;
    world.advance(60);
    await fire(world);
    expect(await get()).toMatchObject({ last: { outcome: 'fired' }, lastTaskStatus: 'queued' });
    world.advance(60);
    await fire(world);
    expect(await get()).toMatchObject({ last: { outcome: 'skipped' }, lastTaskStatus: 'queued', skipped: 1 });
    await invoke(world);
    const { lastTaskId, lastTaskStatus } = await get();
    expect(lastTaskStatus).toBe('succeeded');
    expect((await callApi(world, `GET /api/tasks/${lastTaskId}`)).body).toMatchObject({
      schedule: { id, time: new Date(world.now - 60_000).toISOString() },
    });
  });

  it('run now, be they paused, once for each key', async () => {
    const world = createWorld([greet]);
    const { id } = (await create(world)).body;
    await callApi(world, `POST /api/schedules/${id}/pause`);
    const run = (headers = {}) => callApi(world, `POST /api/schedules/${id}/run`, { headers });
    const { status, headers, body } = await run();
    expect({ status, location: headers.location }).toEqual({ status: 202, location: `/api/tasks/${body.id}` });
    expect(body).toMatchObject({ type: 'greet', input: { name: 'Ada' }, schedule: { id } });
    expect((await callApi(world, `GET /api/schedules/${id}`)).body).toMatchObject({
      lastTaskId: body.id,
      paused: true,
    });
    const key = { 'idempotency-key': 'again' };
    const once = await run(key);
    expect((await run(key)).body.id).toBe(once.body.id);
    await invoke(world);
    expect((await callApi(world, `GET /api/tasks/${body.id}`)).body).toMatchObject({ status: 'succeeded' });
  });

  it('are changed though a firing comes in between', async () => {
    const world = createWorld([greet]);
    const { id } = (await create(world, { ...ada, rateMinutes: 1 })).body;
    const { schedules } = world.ports;
    const replace = schedules.replace.bind(schedules);
    let times = 0;
    schedules.replace = async (schedule) => {
      if (times++ === 0) {
        world.advance(60);
        schedules.replace = replace;
        await fire(world);
      }
      return replace(schedule);
    };
    expect((await callApi(world, `PATCH /api/schedules/${id}`, { body: { name: 'x' } })).body).toMatchObject({
      name: 'x',
      last: { outcome: 'fired' },
    });
  });
});

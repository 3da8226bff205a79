import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { call, post, until } from './api.ts';
import { sweep } from './sweep.ts';

it('a schedule fires each minute, is paused, run now and deleted', async () => {
  const body = {
    type: 'markdown.render',
    input: { markdown: '# On time' },
    cron: '* * * * *',
    timezone: 'Europe/Berlin',
  };
  const made = await post('/api/schedules', body);
  expect(made).toMatchObject({ status: 201, body: { ...body, paused: false } });
  const path = `/api/schedules/${made.body.id}`;
  const due = Date.parse(String(made.body.nextTime));
  await sleep(Math.max(0, due - Date.now()) + 500);
  await sweep();
  const { body: fired } = await call('GET', path);
  expect(fired).toMatchObject({ last: { outcome: 'fired', time: made.body.nextTime } });
  expect(await until(String(fired.lastTaskId), 'succeeded')).toMatchObject({
    output: { html: expect.stringContaining('On time') },
    schedule: { id: made.body.id, time: made.body.nextTime },
  });
  // It was due once, however often the sweeper comes.
  await sweep();
  const { body: listed } = await call('GET', '/api/tasks?type=markdown.render&limit=100');
  const tasks = (listed.items as { schedule?: { id: string; time: string } }[]).filter(
    ({ schedule }) => schedule?.id === made.body.id && schedule?.time === made.body.nextTime,
  );
  expect(tasks).toHaveLength(1);
  expect(await call('POST', `${path}/pause`)).toMatchObject({ status: 200, body: { paused: true } });
  const run = await call('POST', `${path}/run`);
  expect(await until(String(run.body.id), 'succeeded')).toMatchObject({ schedule: { id: made.body.id } });
  expect(
    await call('PATCH', path, { headers: { 'content-type': 'application/json' }, body: '{"cron":"61 * * * *"}' }),
  ).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/cron' }] },
  });
  expect((await call('GET', '/api/schedules')).body.items).toContainEqual(
    expect.objectContaining({ id: made.body.id }),
  );
  expect((await call('DELETE', path)).status).toBe(200);
  expect((await call('GET', path)).status).toBe(404);
}, 150_000);

import { afterEach, expect, it } from 'vitest';
import { call, post, submit } from './api.ts';
import { freeSlots, takeSlots } from './slots.ts';

afterEach(freeSlots);

const later = (delaySeconds: number) =>
  submit({ type: 'markdown.render', input: { markdown: '# hi' }, priority: 'high', delaySeconds });
const waitFor = async (id: string, seconds: number) => {
  const { status, headers, body } = await call('GET', `/api/tasks/${id}?waitSeconds=${seconds}`);
  return { status, headers, body, late: Date.now() - Date.parse(String(body.finishedAt)) };
};

it('tells the end of a task within half a second of it', async () => {
  const answers = await Promise.all([2, 3, 4].map(async (seconds) => waitFor((await later(seconds)).id, 20)));
  for (const { status, body } of answers) expect([status, body.status]).toEqual([200, 'succeeded']);
  expect(answers[0]?.body.output).toEqual({ html: '<h1>hi</h1>\n' });
  // A machine with much else to do may be late with one of them.
  expect(Math.min(...answers.map(({ late }) => late))).toBeLessThan(500);
});

it('tells the cancel of a task that is waited for', async () => {
  const { id } = await later(600);
  const wait = waitFor(id, 20);
  setTimeout(() => void post(`/api/tasks/${id}/cancel`, {}), 1_500);
  expect(await wait).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
});

it('tells how the task is when the time is over', async () => {
  const { id } = await later(600);
  const started = Date.now();
  const { status, headers, body } = await waitFor(id, 2);
  expect([status, body.status, headers.get('retry-after')]).toEqual([200, 'scheduled', null]);
  expect(Date.now() - started).toBeGreaterThanOrEqual(2_000);
});

it('answers at once, with a hint, where as many wait as may', async () => {
  const { id } = await later(600);
  await takeSlots(Date.now() + 60_000);
  const started = Date.now();
  const { status, headers, body } = await waitFor(id, 20);
  expect([status, body.status]).toEqual([200, 'scheduled']);
  expect([headers.get('millrace-waiting'), headers.get('retry-after')]).toEqual(['full', '1']);
  expect(Date.now() - started).toBeLessThan(10_000);
});

it('lets only so many wait who come at once', async () => {
  const { id } = await later(600);
  await takeSlots(Date.now() + 60_000, 3);
  const answers = await Promise.all(Array.from({ length: 8 }, () => waitFor(id, 4)));
  const refused = answers.filter(({ headers }) => headers.get('millrace-waiting') === 'full');
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(refused.length).toBeLessThan(8);
});

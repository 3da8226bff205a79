import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoStatistics } from '../../functions/adapters/dynamo/statistics.ts';
import { SCOPES } from '../../functions/core/tenant/access-key.ts';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';
import { call, post } from './api.ts';
import { grant } from './grant.ts';

const name = `counted-${Date.now().toString(36)}`;
const key = await grant(name, SCOPES);
const usage = new DynamoStatistics(new DynamoDBClient(awsClient), {
  tableName: inject('stack').statisticsTable,
  clock: Date.now,
});

type Counts = { readonly [count: string]: number };
const totalOf = async (query = ''): Promise<Counts> =>
  (await call('GET', `/api/stats${query}`, { key })).body.total as Counts;
const tasksOf = async (): Promise<TaskView[]> =>
  (await call('GET', '/api/tasks?limit=100', { key })).body.items as TaskView[];

/** Asks again until it is so. */
async function eventually<T>(ask: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await ask();
    if (isSo(found) || Date.now() > deadline) return found;
    await sleep(200);
  }
}

it('the statistics are a recount of the table', async () => {
  const render = { type: 'markdown.render', input: { markdown: '# hi' } };
  const hopeless = { type: 'http.request', input: { url: 'http://127.0.0.1:9/', method: 'GET' }, maxAttempts: 1 };
  const later = { ...render, delaySeconds: 3600 };
  const tasks = [...Array(30).fill(render), ...Array(10).fill(hopeless), ...Array(5).fill(later)];
  const { body } = await post('/api/tasks/batch', { tasks }, { key });
  const [first, second] = (body.results as { task: TaskView }[]).slice(-2).map(({ task }) => task.id);
  await post(`/api/tasks/${first}/cancel`, {}, { key });
  await post(`/api/tasks/${second}/cancel`, {}, { key });
  await post(`/api/tasks/${second}/retry`, {}, { key });
  const isDone = ({ succeeded = 0, failed = 0 }: Counts) => succeeded + failed === 41;
  const total = await eventually(totalOf, isDone);
  const rows = await tasksOf();
  const statusCount = (status: string) => rows.filter((task) => task.status === status).length;
  expect(total).toMatchObject({
    accepted: rows.length,
    started: rows.reduce((sum, { attempt }) => sum + attempt, 0),
    succeeded: statusCount('succeeded'),
    failed: statusCount('failed'),
    cancelled: statusCount('cancelled') + 1,
    retried: 0,
    reopened: 1,
    waitMilliseconds: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    runMilliseconds: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
  });
  expect(total).toMatchObject({ accepted: 45, succeeded: 31, failed: 10, cancelled: 2 });
  expect(await totalOf('?type=http.request')).toMatchObject({ accepted: 10, failed: 10, succeeded: 0 });
  const openTasks = () => usage.openTasks(tenant(name));
  expect(await eventually(openTasks, (open) => open === 3)).toBe(3);
}, 120_000);

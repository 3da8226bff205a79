import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoStatistics } from '../../functions/adapters/dynamo/statistics.ts';
import { rowKey } from '../../functions/adapters/dynamo/task-row.ts';
import { type TaskId, tableShardOf } from '../../functions/core/task/ids.ts';
import { sampledTraceOf, unpackedHeader } from '../../functions/core/task/trace-header.ts';
import { SCOPES } from '../../functions/core/tenant/access-key.ts';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { totalOf as sumOfLines } from '../../lib/constructs/cost-lines.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { usageOfLoad } from '../../planner/costs/reference-loads.ts';
import { taskCosts } from '../../planner/costs/task-costs.ts';
import { deployConfig } from '../../planner/deployment.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';
import { call, post } from './api.ts';
import { grant } from './grant.ts';

const name = `counted-${Date.now().toString(36)}`;
const key = await grant(name, SCOPES);
const stack = inject('stack');
const dynamo = new DynamoDBClient(awsClient);
const usage = new DynamoStatistics(dynamo, {
  tableName: stack.statisticsTable,
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

/** The planner prices what is paid for by the task; what it reckons by the second is in no task's cost. */
const BY_THE_SECOND = [
  'batches of statistics',
  'SQS depths asked for',
  'calls of the authorizer',
  'DynamoDB read units',
];
const planned = (tasks: number, bulk: number, batch: number): number => {
  const { platform, events } = taskCosts(usageOfLoad({ bulk, batch }, 1_000, tasks), deployConfig({ preset: 'dev' }));
  const [ofEach] = events;
  return sumOfLines(platform.filter(({ what }) => !BY_THE_SECOND.includes(what))) + (ofEach?.dollars ?? 0);
};

it.each([
  { title: 'tasks submitted one by one', bulk: 1, batch: 1, bound: 0.1 },
  { title: 'a bulk', bulk: 20, batch: 10, bound: 0.25 },
])(
  'the cost of $title is what the planner says of them',
  async ({ bulk, batch, bound }) => {
    const tenantName = `paid-${bulk}-${Date.now().toString(36)}`;
    const own = await grant(tenantName, SCOPES);
    const task = { type: 'markdown.render', input: { markdown: '# hi' } };
    const count = 20;
    for (let sent = 0; sent < count; sent += bulk) {
      const body = bulk === 1 ? task : { tasks: Array(bulk).fill(task) };
      const path = bulk === 1 ? '/api/tasks' : '/api/tasks/batch';
      const { status, body: answer } = await post(path, body, { key: own });
      expect(status).toBe(202);
      if (bulk > 1) continue;
      await eventually(
        async () => (await call('GET', `/api/tasks/${answer.id}`, { key: own })).body.status,
        (is) => is === 'succeeded',
      );
    }
    const ask = async () => (await call('GET', '/api/stats', { key: own })).body as unknown as Answer;
    const { total, byType } = await eventually(ask, ({ total: { succeeded } }) => succeeded === count);
    const costs = [expect.objectContaining({ minute: expect.any(String) })];
    expect(byType).toEqual([{ type: 'markdown.render', ...total, costs: expect.arrayContaining(costs) }]);
    const { usd, computeUsd } = total.cost;
    expect(computeUsd).toBeGreaterThan(0);
    // Their own time is this machine's, which nobody plans.
    const sampled = await sampledOf(tenantName, own);
    const traces = ((sampled / bulk) * LIST_PRICES.traces) / 1e6;
    const expected = planned(count, bulk, batch) + traces;
    expect(Math.abs((usd - computeUsd) / expected - 1), `${usd - computeUsd} of ${expected}`).toBeLessThan(bound);
  },
  120_000,
);

/** Counts the tasks whose requests are traced, which depends on when they came. */
async function sampledOf(tenantName: string, own: string): Promise<number> {
  const { body } = await call('GET', '/api/tasks?limit=100', { key: own });
  const rows = await Promise.all(
    (body.items as TaskView[]).map(({ id }) => {
      const taskId = id as TaskId;
      const TableName = stack.tasksTables[tableShardOf(taskId)];
      return dynamo.send(new GetItemCommand({ TableName, Key: rowKey(tenant(tenantName), taskId) }));
    }),
  );
  return rows.filter(({ Item: row }) => sampledTraceOf(unpackedHeader(row?.trace?.S ?? '')) !== undefined).length;
}

type Total = { readonly succeeded: number; readonly cost: { readonly usd: number; readonly computeUsd: number } };
type Answer = { readonly total: Total; readonly byType: readonly Total[] };

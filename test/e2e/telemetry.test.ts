import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { TaskView } from '../../functions/router/task-view.ts';
import { submit, until } from './api.ts';
import { logsOf } from './logs.ts';

const FUNCTIONS = [
  'router',
  'authorizer',
  'executor-default-0',
  'executor-default-1',
  'executor-io-intensive-0',
  'executor-memory-intensive-0',
];
const started = Date.now();
let done: TaskView;

beforeAll(async () => {
  const large = '# hi\n\n'.repeat(500);
  const tasks = await Promise.all([
    submit({ type: 'markdown.render', input: { markdown: large }, priority: 'high' }),
    submit({ type: 'http.request', input: { url: 'http://10.0.0.1/' }, priority: 'high' }),
    submit({ type: 'csv.summarize', input: { text: 'a\n1\n' }, priority: 'high' }),
  ]);
  await Promise.all([until(tasks[0].id, 'succeeded'), until(tasks[1].id, 'failed'), until(tasks[2].id, 'succeeded')]);
  done = await until(tasks[0].id, 'succeeded');
  await sleep(500);
});

/** The metrics of a lane that a function has written since this suite began, each with all its values. */
async function metricsOf(functionName: string, resourceClass: string): Promise<Record<string, number[]>> {
  const metrics: Record<string, number[]> = {};
  for (const line of await logsOf(functionName, started)) {
    if (!line.startsWith('{"_aws"')) continue;
    const { _aws: header, service, ResourceClass, Lane, ...values } = JSON.parse(line);
    expect(service).toBe('millrace');
    expect(header.CloudWatchMetrics[0]).toMatchObject({
      Namespace: 'Millrace',
      Dimensions: [['service', 'ResourceClass', 'Lane']],
    });
    if (ResourceClass !== resourceClass || Lane !== 'high') continue;
    for (const [name, value] of Object.entries(values)) {
      metrics[name] = [...(metrics[name] ?? []), ...[value as number].flat()];
    }
  }
  return metrics;
}

it('counts what was accepted and what finished, with the times of both', async () => {
  expect(await metricsOf('millrace-router', 'default')).toMatchObject({ TasksAccepted: expect.arrayContaining([1]) });
  const shard = done.executorKey.split('/')[2];
  const { TasksSucceeded, WaitTime, ExecutionTime } = await metricsOf(`millrace-executor-default-${shard}`, 'default');
  expect(TasksSucceeded).toContain(1);
  expect(WaitTime).toContain(Date.parse(done.startedAt ?? '') - Date.parse(done.createdAt));
  expect(ExecutionTime?.every((milliseconds) => milliseconds > 0)).toBe(true);
  expect(await metricsOf('millrace-executor-io-intensive-0', 'io-intensive')).toMatchObject({ TasksFailed: [1] });
});

it.each(FUNCTIONS)('%s was refused nothing by its role, and failed nowhere', async (name) => {
  const lines = await logsOf(`millrace-${name}`);
  // Of the shards of a class one may have had nothing to do.
  if (!name.startsWith('executor-default')) expect(lines.length).toBeGreaterThan(0);
  expect(
    lines.filter((line) => /AccessDenied|not authorized|"level":"error"|visibility not changed/.test(line)),
  ).toEqual(
    // The suite beside this one sends a message that is none.
    name.startsWith('executor-default')
      ? expect.toSatisfy((found: string[]) => found.every((line) => line.includes('malformed message')))
      : [],
  );
});

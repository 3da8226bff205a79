import { afterAll, beforeAll, expect, it } from 'vitest';
import { METRIC_DIMENSIONS, METRICS, type MetricName } from '../../functions/metrics.ts';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { post, submit, until } from './api.ts';
import { logsOf, untilLogged } from './logs.ts';
import { type Receiver, startReceiver } from './receiver.ts';

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
let retried: TaskView;
let counted: TaskView;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver((request) => (_, response) => response.writeHead(request === 1 ? 503 : 200).end());
  const large = '# hi\n\n'.repeat(500);
  const later = { type: 'markdown.render', input: { markdown: 'x' }, priority: 'high', delaySeconds: 600 };
  const tasks = await Promise.all([
    submit({ type: 'markdown.render', input: { markdown: large }, priority: 'high' }),
    submit({ type: 'http.request', input: { url: 'http://10.0.0.1/' }, priority: 'high' }),
    submit({ type: 'csv.summarize', input: { text: 'a\n1\n' } }),
    submit({ type: 'http.request', input: { url: receiver.url }, priority: 'high' }),
    submit({ type: 'text.wordcount', input: { text: 'to be or not to be '.repeat(110), parts: 2 }, priority: 'high' }),
    submit(later),
  ]);
  const refused = await until(tasks[1].id, 'failed');
  const summarized = await until(tasks[2].id, 'succeeded');
  done = await until(tasks[0].id, 'succeeded');
  retried = await until(tasks[3].id, 'succeeded');
  counted = await until(tasks[4].id, 'succeeded');
  await post(`/api/tasks/${tasks[5].id}/cancel`, {});
  for (const task of [done, refused, summarized, retried, counted])
    await untilLogged(`millrace-${executorOf(task)}`, task);
}, 300_000);
afterAll(() => receiver.close());

type Dimensions = Readonly<Record<string, string>>;
/** What a line tells by one set of dimensions. */
type Directive = {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
};
type Told = { readonly name: string; readonly dimensions: Dimensions; readonly values: readonly number[] };

/** Returns all metrics that a function has written since this suite began, held against the treaty. */
async function toldBy(functionName: string, since = started): Promise<Told[]> {
  const lines = (await logsOf(functionName, since)).filter((line) => line.startsWith('{"_aws"'));
  return lines.flatMap((line) => {
    const { _aws: header, ...values } = JSON.parse(line);
    return header.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: Directive) => {
      expect(Namespace).toBe('Millrace');
      return Metrics.map(({ Name, Unit }): Told => {
        const metric = Object.values(METRICS).find(({ name }) => name === Name);
        expect([Unit, Dimensions]).toEqual([metric?.unit, metric && [['service', ...METRIC_DIMENSIONS[metric.by]]]]);
        const dimensions = Object.fromEntries(Dimensions.flat().map((dimension) => [dimension, values[dimension]]));
        expect(dimensions.service).toBe('millrace');
        return { name: Name, dimensions, values: [values[Name]].flat() };
      });
    });
  });
}

/** Returns what was told of one metric by these dimensions: values of an invocation, or gathered of several. */
async function toldOf(
  functionName: string,
  metric: MetricName,
  dimensions: Dimensions,
  since = started,
): Promise<readonly (readonly number[])[]> {
  const told = await toldBy(`millrace-${functionName}`, since);
  const wanted = told.filter(({ name, dimensions: given }) => {
    return name === METRICS[metric].name && Object.entries(dimensions).every(([key, value]) => given[key] === value);
  });
  return wanted.map(({ values }) => values);
}

const valuesOf = async (...asked: Parameters<typeof toldOf>): Promise<number[]> => (await toldOf(...asked)).flat();

function executorOf({ executorKey }: TaskView): string {
  const [resourceClass, , shard] = executorKey.split('/');
  return `executor-${resourceClass}-${shard}`;
}
const ofDefault = { ResourceClass: 'default' };
const high = { ...ofDefault, Lane: 'high' };

/** Expects the projector to tell values of a metric, once the stream has brought it the changes of their tasks. */
const expectTold = (metric: MetricName, dimensions: Dimensions) =>
  expect.poll(() => valuesOf('projector', metric, dimensions), { timeout: 20_000, interval: 200 });

it('counts what was accepted, and what became of it', async () => {
  const io = { ResourceClass: 'io-intensive' };
  for (const metric of ['accepted', 'cancelled', 'succeeded', 'fannedOut'] as const)
    await expectTold(metric, ofDefault).toEqual(expect.arrayContaining([expect.any(Number)]));
  for (const metric of ['failed', 'retried'] as const)
    await expectTold(metric, io).toEqual(expect.arrayContaining([expect.any(Number)]));
});

it('tells how long tasks waited and ran, and how many attempts they had', async () => {
  const waited = Date.parse(done.startedAt ?? '') - Date.parse(done.createdAt);
  await expectTold('wait', high).toContain(waited);
  const ran = Date.parse(done.finishedAt ?? '') - Date.parse(done.startedAt ?? '');
  await expectTold('execution', { TaskType: 'markdown.render' }).toContain(ran);
  const ofTimeout = await valuesOf('projector', 'timeoutUse', { TaskType: 'markdown.render' });
  expect(ofTimeout.every((percent) => percent > 0 && percent < 100)).toBe(true);
  expect(retried.attempt).toBe(2);
  await expectTold('attempts', { TaskType: 'http.request' }).toEqual(expect.arrayContaining([1, 2]));
});

it('counts errors by the code of the task', async () => {
  for (const ErrorCode of ['host_not_allowed', 'other'])
    await expectTold('error', { ErrorCode }).toEqual(expect.arrayContaining([expect.any(Number)]));
});

it('tells how long calls of AWS took', async () => {
  // An environment tells them once a minute, which may have been before this suite began.
  const told = [...(await toldBy('millrace-router', 0)), ...(await toldBy(`millrace-${executorOf(done)}`, 0))];
  const calls = told.filter(({ name }) => name === METRICS.awsCall.name);
  const operations = new Set(calls.map(({ dimensions }) => dimensions.Operation));
  for (const one of ['DynamoDB.PutItem', 'DynamoDB.UpdateItem', 'SQS.SendMessage']) expect(operations).toContain(one);
  expect(calls.flatMap(({ values }) => values).every((value) => value > 0 && value < 10_000)).toBe(true);
});

it('tells what an invocation took of its machine', async () => {
  // An environment tells it when its first invocation ends, which may have been before this suite began, and then once a minute.
  const told = (metric: MetricName) => toldOf(executorOf(done), metric, ofDefault, 0);
  await expect.poll(async () => (await told('cpu')).length, { timeout: 60_000 }).toBeGreaterThan(0);
  const values = async (metric: MetricName) => (await told(metric)).flat();
  expect((await values('cpu')).every((milliseconds) => milliseconds > 0 && milliseconds < 60_000)).toBe(true);
  // The local cloud holds no function to its memory, and its worker takes some of its own.
  expect((await values('memory')).every((percent) => percent > 10 && percent < 200)).toBe(true);
  expect((await values('temporaryStorage')).every((percent) => percent > 0 && percent <= 100)).toBe(true);
  for (const metric of ['cpuUtilization', 'temporaryStorage', 'fileReads', 'fileWrites'] as const) {
    // Other tasks run meanwhile: an invocation may end between two looks.
    const counts = async () => [(await told(metric)).length, (await told('cpu')).length];
    await expect.poll(async () => new Set(await counts()).size).toBe(1);
  }
}, 90_000);

it.each(FUNCTIONS)('%s was refused nothing by its role, and failed nowhere', async (name) => {
  const lines = await logsOf(`millrace-${name}`);
  // A shard of a class may have had nothing to do.
  if (!name.startsWith('executor-default')) expect(lines.length).toBeGreaterThan(0);
  expect(
    lines.filter((line) => /AccessDenied|not authorized|"level":"error"|visibility not changed/.test(line)),
  ).toEqual(
    // The suites beside this one send messages that are none.
    name.startsWith('executor-')
      ? expect.toSatisfy((found: string[]) => found.every((line) => line.includes('malformed message')))
      : [],
  );
});

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { RESOURCE_CLASSES } from '../../../functions/contract.ts';
import { executorNameOf, reservationOf, USUAL_SETTINGS } from '../../../functions/resource-classes.ts';
import { COST_ASSUMPTIONS } from '../../../planner/costs/cost-basis.ts';

/** Answers as an AWS does in which nothing waits: tables and queues are empty, and each queue has its event source. */
const asked: string[] = [];
let snapshot = '';
const server = createServer(async (request, response) => {
  const body = await text(request);
  if (operationOf(request).endsWith('.PutItem')) snapshot = JSON.parse(body).Item.lanes.S;
  asked.push(operationOf(request));
  response.setHeader('content-type', 'application/x-amz-json-1.0').end(JSON.stringify(answerTo(request)));
});

const operationOf = ({ headers, url = '' }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? url.split('?')[0]);

function answerTo(request: IncomingMessage): object {
  if (operationOf(request).endsWith('.Query')) return { Items: [], Count: 0 };
  const arn = new URL(request.url ?? '', 'http://aws').searchParams.get('EventSourceArn');
  if (arn === null) return {};
  const [resourceClass] = RESOURCE_CLASSES.filter((name) => arn.includes(`:millrace-${name}-`));
  if (resourceClass === undefined) throw new Error(`no class has ${arn}`);
  const FunctionArn = `arn:aws:lambda:us-east-1:000000000000:function:millrace-${executorNameOf(resourceClass, 0)}:live`;
  const mapping = { UUID: arn, FunctionArn, State: 'Enabled', BatchSize: 10, ScalingConfig: { MaximumConcurrency: 2 } };
  return { EventSourceMappings: [mapping] };
}

const lanes = { high: 2, normal: 2, low: 2, batch: 2 };
const byClass = <T>(value: T) => JSON.stringify(Object.fromEntries(RESOURCE_CLASSES.map((name) => [name, value])));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const tables = ['TASKS_TABLES', 'DEFINITIONS_TABLE', 'CONTROL_TABLE', 'SCHEDULES_TABLE', 'STATISTICS_TABLE'];
  for (const table of [...tables, 'PAYLOAD_BUCKET']) {
    vi.stubEnv(`MILLRACE_${table}`, table.toLowerCase());
  }
  vi.stubEnv('MILLRACE_QUEUE_URL_PREFIX', 'https://sqs.us-east-1.amazonaws.com/000000000000/millrace-');
  vi.stubEnv('MILLRACE_QUEUE_ARN_PREFIX', 'arn:aws:sqs:us-east-1:000000000000:millrace-');
  vi.stubEnv('MILLRACE_SCHEDULE_TENANT', 'acme');
  vi.stubEnv('MILLRACE_BULK_ACTIONS_FUNCTION', 'millrace-bulk-actions');
  vi.stubEnv('MILLRACE_INDEX_SHARDS', '2');
  vi.stubEnv('MILLRACE_RETENTION_DAYS', '14');
  vi.stubEnv('MILLRACE_CLASSES', byClass({ ...USUAL_SETTINGS, reserved: reservationOf(8), lanes }));
});
afterEach(() => {
  asked.length = 0;
  // An environment writes the times of its AWS calls once a minute.
  vi.resetModules();
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

/** Returns the metrics that runs write. A custom metric costs $0.30 a month, also where nothing but the clock writes it. */
test.each(['governor', 'sweeper'] as const)('the %s writes no metric while nothing is to be done', async (name) => {
  const control = await import('../../../functions/control/index.ts');
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  try {
    await control[name]({} as never, { getRemainingTimeInMillis: () => 50_000 } as Context, () => {});
  } finally {
    write.mockRestore();
  }
  expect(asked.filter((operation) => operation.includes('DynamoDB'))).not.toEqual([]);
  expect(lines.filter((line) => line.includes('CloudWatchMetrics'))).toEqual([]);
});

test('a run of the governor asks each queue and each event source once, and writes once', async () => {
  const { governor } = await import('../../../functions/control/index.ts');
  await governor({} as never, {} as Context, () => {});
  const count = (part: string) => asked.filter((operation) => operation.includes(part)).length;
  expect([count('GetQueueAttributes'), count('event-source-mappings'), count('PutItem')]).toEqual([20, 20, 1]);
  const bytesPerLane = Buffer.byteLength(snapshot) / 20;
  expect(bytesPerLane).toBeLessThanOrEqual(COST_ASSUMPTIONS.snapshotBytesPerLane);
  expect(bytesPerLane).toBeGreaterThan(COST_ASSUMPTIONS.snapshotBytesPerLane * 0.8);
});

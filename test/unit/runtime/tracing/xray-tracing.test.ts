import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import xray from 'aws-xray-sdk-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Meter } from '../../../../functions/core/ports.ts';
import { bodyOf, serve } from '../../adapters/loopback-server.ts';

type Document = {
  readonly name: string;
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly fault?: boolean;
  readonly annotations?: object;
  readonly subsegments?: readonly { readonly name: string; readonly namespace?: string; readonly fault?: boolean }[];
};

const OWN = '1-6b04c28d-e8be8acc27b5c47405b6f5a2';
const trace = { traceId: '1-5b04c28d-000000000000000000000001', parentId: '53995c3f42cd8ad8' };
const context = { getRemainingTimeInMillis: () => 10_000 };

let tracing: typeof import('../../../../functions/runtime/tracing/xray-tracing.ts');
let answer = (): { readonly status?: number; readonly body: object } => ({ body: {} });
let calls: Document[][] = [];
const datagrams: unknown[] = [];
const recorded: unknown[] = [];
const meter: Meter = { record: (...value) => recorded.push(value) };

/** An invocation that Lambda does not sample: its header has the name of its trace, and no more. */
beforeEach(async () => {
  const { url } = await serve(async (request, response) => {
    const body = await bodyOf(request);
    if (request.url === '/TraceSegments') {
      calls.push(JSON.parse(body).TraceSegmentDocuments.map((document: string) => JSON.parse(document)));
      const { status = 200, body: answered } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
    } else response.end('{}');
  });
  for (const [name, value] of Object.entries({
    _X_AMZN_TRACE_ID: `Root=${OWN};Lineage=1:a:0`,
    LAMBDA_TASK_ROOT: '/var/task',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: url,
    MILLRACE_TRACED_SHARE: '0.01',
  }))
    vi.stubEnv(name, value);
  calls = [];
  recorded.length = 0;
  answer = () => ({ body: {} });
  vi.resetModules();
  tracing = await import('../../../../functions/runtime/tracing/xray-tracing.ts');
});

const daemon = createSocket('udp4');
beforeAll(async () => {
  daemon.bind(0, '127.0.0.1').on('message', (message) => datagrams.push(message));
  await once(daemon, 'listening');
  xray.setDaemonAddress(`127.0.0.1:${daemon.address().port}`);
});
afterAll(async () => {
  await sleep(50);
  daemon.close();
  // What AWS promises to those alone that Lambda samples.
  expect(datagrams).toEqual([]);
});

const getItem = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } });

describe('a segment of an invocation that Lambda does not sample', () => {
  it('is sent to X-Ray with the calls that were made in it, and once', async () => {
    const { traced, xrayTracing, sendTraces } = tracing;
    const dynamo = traced(new DynamoDBClient());
    const { segment, call } = xrayTracing;
    await segment('greet', trace, { task_id: 'a' }, async (annotate) => {
      await dynamo.send(getItem);
      await call('example.com', async () => 'answer');
      await call('broken.example', () => Promise.reject(new Error('no'))).catch(() => {});
      annotate({ task_status: 'succeeded' });
    });
    await sendTraces('executor', meter, context);
    await sendTraces('executor', meter, context);
    expect(calls).toMatchObject([
      [
        {
          name: 'greet',
          trace_id: trace.traceId,
          parent_id: trace.parentId,
          annotations: { task_id: 'a', task_status: 'succeeded' },
          subsegments: [
            { name: 'DynamoDB', namespace: 'aws' },
            { name: 'example.com', namespace: 'remote' },
            { name: 'broken.example', fault: true },
          ],
        },
      ],
    ]);
    expect(recorded).toEqual([]);
  });

  it('is handed on by its own header, and outside of it the invocation by one that is not sampled', async () => {
    const { xrayTracing, sendTraces } = tracing;
    expect(xrayTracing.header()).toBe(`Root=${OWN};Sampled=0`);
    const handed = await xrayTracing.segment('router', { traceId: OWN }, {}, async () => xrayTracing.header());
    expect(xrayTracing.header()).toBe(`Root=${OWN};Sampled=0`);
    await sendTraces('router', meter, context);
    const [[root] = []] = calls;
    expect(root).not.toHaveProperty('parent_id');
    expect(handed).toBe(`Root=${OWN};Parent=${root?.id};Sampled=1`);
  });

  it('has its own calls of several at a time, and none that is made apart or after its end', async () => {
    const { xrayTracing, sendTraces } = tracing;
    const { segment, call, apart, isRecording } = xrayTracing;
    const late: (() => Promise<unknown>)[] = [];
    const one = (name: string, milliseconds: number) =>
      segment(name, trace, {}, async () => {
        await sleep(milliseconds);
        await call(`of ${name}`, async () => sleep(milliseconds));
        apart(() => {
          expect(isRecording()).toBe(false);
          void call('apart', async () => 0);
        });
        expect(isRecording()).toBe(true);
        setTimeout(() => late.push(() => call('late', async () => 0)), milliseconds);
      });
    await Promise.all([one('a', 20), one('b', 5), one('c', 10)]);
    expect(isRecording()).toBe(false);
    await sleep(50);
    for (const work of late) await work();
    await sendTraces('executor', meter, context);
    const found = calls.flat().map(({ name, subsegments = [] }) => [name, subsegments.map((part) => part.name)]);
    expect(found.toSorted()).toEqual(['a', 'b', 'c'].map((name) => [name, [`of ${name}`]]));
  });

  it('says what was thrown, which is thrown on', async () => {
    const { xrayTracing, sendTraces } = tracing;
    const work = () => Promise.reject(new Error('gone'));
    await expect(xrayTracing.segment('greet', trace, {}, work)).rejects.toThrow('gone');
    await sendTraces('executor', meter, context);
    expect(calls).toMatchObject([[{ fault: true }]]);
  });

  it.each([
    ['refused', () => ({ body: { UnprocessedTraceSegments: [{ ErrorCode: 'InvalidName', Message: 'no name' }] } })],
    ['not permitted', () => ({ status: 403, body: { __type: 'AccessDeniedException', message: 'no' } })],
  ])('is counted where it is %s, and nothing fails', async (_, answered) => {
    const { xrayTracing, sendTraces } = tracing;
    answer = answered;
    expect(await xrayTracing.segment('greet', trace, {}, async () => 'done')).toBe('done');
    await sendTraces('executor', meter, context);
    expect(recorded).toEqual([['executor', 'lostSegments', 1]]);
  });

  it('is counted within two seconds where X-Ray does not answer', async () => {
    const { xrayTracing, sendTraces } = tracing;
    vi.stubEnv('AWS_ENDPOINT_URL', (await serve(() => {})).url);
    await xrayTracing.segment('greet', trace, {}, async () => 'done');
    const started = performance.now();
    await sendTraces('executor', meter, context);
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(recorded).toEqual([['executor', 'lostSegments', 1]]);
  });
});

it.each([
  ['is not sampled', undefined, '0.01'],
  ['is of a deployment without traces', trace, undefined],
])('what %s is not recorded, and loads nothing', async (_, of, share) => {
  vi.stubEnv('MILLRACE_TRACED_SHARE', share);
  const { xrayTracing, sendTraces } = tracing;
  const work = async () => [xrayTracing.isRecording(), xrayTracing.header()];
  expect(await xrayTracing.segment('greet', of, {}, work)).toEqual([false, `Root=${OWN};Sampled=0`]);
  await sendTraces('executor', meter, context);
  expect(calls).toEqual([]);
});

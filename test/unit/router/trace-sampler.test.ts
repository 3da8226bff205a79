import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_JOINED_TRACES_PER_SECOND, TRACED_EVERY_SECONDS } from '../../../functions/contract.ts';
import type { SampledTrace } from '../../../functions/core/task/trace-header.ts';
import { TraceSampler } from '../../../functions/router/trace-sampler.ts';
import { echo } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const OWN = '1-6b04c28d-e8be8acc27b5c47405b6f5a2';
const THEIRS = '1-5b04c28d-000000000000000000000001';
const PARENT = '53995c3f42cd8ad8';
const joined = `Root=${THEIRS};Parent=${PARENT};Sampled=1`;

let now = 0;
let random = 0.5;
beforeEach(() => {
  now = 1_000_000;
  random = 0.5;
});
const samplerOf = (share: number | undefined) => new TraceSampler({ share, clock: () => now, random: () => random });
const request = (beside: object = {}) => ({
  isSubmit: true,
  ofCaller: undefined,
  ofInvocation: `Root=${OWN}`,
  ...beside,
});

describe('an environment of the router traces', () => {
  it('the first submit of each five seconds, and of other requests none', () => {
    const sampler = samplerOf(0);
    const traced: number[] = [];
    expect(sampler.traceOf(request({ isSubmit: false }))).toBeUndefined();
    for (const start = now; now - start < 12_000; now += 100) {
      if (sampler.traceOf(request()) !== undefined) traced.push(now - start);
    }
    expect(traced).toEqual([0, 1, 2].map((times) => times * TRACED_EVERY_SECONDS * 1000));
  });

  it.each([true, false])('a share of all requests, submits or not (%s)', (isSubmit) => {
    const sampler = samplerOf(0.25);
    sampler.traceOf(request());
    const traces = Array.from({ length: 100 }, (_, place) => {
      random = place / 100;
      return sampler.traceOf(request({ isSubmit }));
    });
    expect(traces.filter((trace) => trace !== undefined)).toEqual(Array(25).fill({ traceId: OWN }));
  });

  it('what its caller traces, in the trace of the caller', () => {
    const sampler = samplerOf(0);
    for (const isSubmit of [true, false]) {
      expect(sampler.traceOf(request({ isSubmit, ofCaller: joined }))).toEqual({ traceId: THEIRS, parentId: PARENT });
    }
    // That it joins a trace takes nothing from those who come without one.
    expect(sampler.traceOf(request())).toEqual({ traceId: OWN });
  });

  it('so many requests a second for their callers, whatever they ask for', () => {
    const sampler = samplerOf(0);
    sampler.traceOf(request());
    const joinedOf = (requests: number) =>
      Array.from({ length: requests }, () => sampler.traceOf(request({ ofCaller: joined }))).filter(Boolean).length;
    expect(joinedOf(1_000)).toBe(MAX_JOINED_TRACES_PER_SECOND);
    now += 1_000;
    expect(joinedOf(1_000)).toBe(MAX_JOINED_TRACES_PER_SECOND);
    now += 999;
    expect(joinedOf(1_000)).toBe(0);
  });

  it('in the caller’s trace what the caller asked for too often and it has chosen itself', () => {
    const sampler = samplerOf(1);
    const traces = Array.from({ length: 50 }, () => sampler.traceOf(request({ ofCaller: joined })));
    expect(new Set(traces.map((trace) => trace?.traceId))).toEqual(new Set([THEIRS]));
  });

  it.each([
    `Root=${THEIRS};Parent=${PARENT};Sampled=0`,
    `Root=${THEIRS}`,
    `Root=${THEIRS};Sampled=1`,
    'Root=1-2-3;Parent=4;Sampled=1',
    `Root=${'1'.repeat(8_000)};Parent=${PARENT};Sampled=1`,
    'nonsense',
  ])('as it chooses what comes with %s', (ofCaller) => {
    const sampler = samplerOf(0);
    expect(sampler.traceOf(request({ ofCaller }))).toEqual({ traceId: OWN });
    expect(sampler.traceOf(request({ ofCaller }))).toBeUndefined();
  });

  it('nothing where the deployment has no traces, nor where no trace is named', () => {
    const off = samplerOf(undefined);
    expect(off.traceOf(request({ ofCaller: joined }))).toBeUndefined();
    expect(samplerOf(1).traceOf(request({ ofInvocation: undefined }))).toBeUndefined();
  });
});

describe('a request', () => {
  let world: World;
  let recorded: { readonly name: string; readonly trace: SampledTrace | undefined }[];
  beforeEach(() => {
    world = createWorld([echo]);
    recorded = [];
    const { segment } = world.ports.tracing;
    Object.assign(world.ports.tracing, {
      segment: (...given: Parameters<typeof segment>) => {
        recorded.push({ name: given[0], trace: given[1] });
        return segment(...given);
      },
    });
    Object.assign(world.ports, { sampler: new TraceSampler({ share: 0, clock: () => world.now, random: () => 0.5 }) });
  });
  const traced = () => recorded.filter(({ trace }) => trace !== undefined);

  it('that submits is traced, alone or in bulk, and others are not', async () => {
    const task = { type: 'echo', input: 'x' };
    for (const [route, body] of [
      ['POST /api/tasks', task],
      ['POST /api/tasks/batch', { tasks: [task, task] }],
    ] as const) {
      await callApi(world, route, { body });
      world.advance(TRACED_EVERY_SECONDS);
    }
    expect(traced()).toEqual(Array(2).fill({ name: 'millrace-router', trace: { traceId: OWN } }));
    for (const route of ['GET /api/tasks', 'GET /api/health', 'GET /api/nothing']) await callApi(world, route);
    expect(traced()).toHaveLength(2);
  });

  it('says in its segment which route it was and how it ended, and what failed', async () => {
    await callApi(world, 'POST /api/tasks', { body: { type: 'echo', input: 'x' } });
    Object.assign(world.ports.settings, { get: () => Promise.reject(new Error('lost')) });
    await callApi(world, 'POST /api/tasks', { body: { type: 'echo', input: 'x' } });
    expect(world.annotated).toMatchObject([
      { route: 'POST /api/tasks', status: '202' },
      { route: 'POST /api/tasks', status: expect.stringMatching(/^50[03]$/), error: expect.any(String) },
    ]);
  });

  it('of nobody with a key joins no trace, whatever it says', async () => {
    const headers = { 'x-amzn-trace-id': joined };
    for (const route of ['GET /api/health', 'GET /api/openapi.json']) await callApi(world, route, { headers });
    expect(traced()).toEqual([]);
    await callApi(world, 'GET /api/tasks', { headers });
    expect(traced()).toEqual([{ name: 'millrace-router', trace: { traceId: THEIRS, parentId: PARENT } }]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { LaneGate } from '../../../../functions/router/submit/lane-gate.ts';
import { saturate } from '../../../doubles/saturated-lane.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const NORMAL = 'default/normal/0';

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});
const submit = (more: object = {}, headers: Record<string, string> = {}) =>
  callApi(world, 'POST /api/tasks', { body: { ...ada, ...more }, headers });
const bulk = (count: number) => callApi(world, 'POST /api/tasks/batch', { body: { tasks: Array(count).fill(ada) } });

describe('a submit to a full lane', () => {
  it('is answered with 429, the wait, and when to try again; nothing is kept of it', async () => {
    await saturate(world, NORMAL);
    const { status, headers, body } = await submit();
    expect(status).toBe(429);
    expect(headers['retry-after']).toBe('481');
    expect(body).toMatchObject({ code: 'lane_saturated', estimatedWaitSeconds: 900, retryAfterSeconds: 481 });
    expect(world.queue.messages.size).toBe(0);
    expect(world.recorded).toEqual([{ of: NORMAL, metric: 'refused', value: 1 }]);
  });

  it('says of a bulk submit which tasks were refused', async () => {
    await saturate(world, NORMAL);
    const tasks = [ada, { ...ada, priority: 'high' }, ada];
    const { status, body } = await callApi(world, 'POST /api/tasks/batch', { body: { tasks } });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: 2,
      results: [
        { status: 'rejected', problem: { code: 'lane_saturated', retryAfterSeconds: 481 } },
        { status: 'accepted' },
        { status: 'rejected', problem: { estimatedWaitSeconds: 900 } },
      ],
    });
  });

  it('is refused to the less urgent first', async () => {
    await saturate(world, 'default/high/0', 0.8);
    const refused: number[] = [];
    for (const priority of ['high', 'normal', 'low']) refused.push((await submit({ priority })).status);
    expect(refused).toEqual([202, 429, 429]);
  });

  it('passes where it is due when there is room again', async () => {
    await saturate(world, NORMAL);
    expect((await submit({ delaySeconds: 480 })).status).toBe(429);
    expect((await submit({ delaySeconds: 481 })).status).toBe(202);
    expect((await submit({ delaySeconds: 86_400 })).status).toBe(202);
  });

  it('passes where it is repeated under its key: it adds no work', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const first = await submit({}, headers);
    await saturate(world, NORMAL);
    world.advance(5);
    const again = await submit({}, headers);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect((await submit({}, { 'idempotency-key': 'order-2' })).status).toBe(429);
  });
});

describe('between two snapshots', () => {
  it('a router counts what it lets in, and what is done meanwhile', async () => {
    await saturate(world, NORMAL, 0.8);
    // Ten tasks a second, up to 85 % of ten minutes: three hundred more fit.
    expect((await bulk(400)).body).toMatchObject({ accepted: 301, rejected: 99 });
    world.advance(4);
    // Four seconds are forty tasks, but the lane opens again at seven tenths.
    expect((await bulk(1)).body).toMatchObject({ rejected: 1 });
  });

  it('it is closed until seven tenths of the objective, then open again', async () => {
    await saturate(world, NORMAL, 0.95);
    expect((await submit()).status).toBe(429);
    // Ten tasks a second are done.
    world.advance(140);
    world.lanes.lane('default-normal-0').depth -= 1400;
    expect((await submit()).status).toBe(429);
    world.advance(11);
    world.lanes.lane('default-normal-0').depth -= 110;
    expect((await submit()).status).toBe(202);
  });

  it('a router looks at the queue: others send there, too', async () => {
    await saturate(world, NORMAL, 0.05);
    world.lanes.lane('default-normal-0').depth = 5000;
    expect((await bulk(200)).body).toMatchObject({ accepted: 101, rejected: 99 });
  });

  it('a cold router lets nobody in before it has read the first', async () => {
    await saturate(world, NORMAL);
    const read = world.lanes.snapshot.read.bind(world.lanes.snapshot);
    world.lanes.snapshot.read = () => new Promise((resolve) => setImmediate(() => resolve(read())));
    expect((await bulk(10)).body).toMatchObject({ accepted: 0, rejected: 10 });
  });

  it('asks AWS no more than once in five seconds', async () => {
    await saturate(world, NORMAL, 0.5);
    let looks = 0;
    const { read } = world.lanes.depths;
    world.lanes.depths.read = (name) => {
      looks += 1;
      return read(name);
    };
    for (let second = 0; second < 20; second++) {
      await Promise.all([bulk(20), submit(), submit()]);
      world.advance(1);
    }
    // One of the reads is `saturate` itself.
    expect(world.lanes.snapshot.reads - 1).toBe(4);
    expect(looks).toBeLessThanOrEqual(4);
  });
});

describe('nobody is refused', () => {
  it('where there is no snapshot', async () => {
    expect((await submit()).status).toBe(202);
  });

  it('where the snapshot is old, and the log says so', async () => {
    await saturate(world, NORMAL);
    world.advance(181);
    expect((await submit()).status).toBe(202);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'lanes not governed: nobody is refused' }),
    );
  });

  it('where the snapshot cannot be read; what is known of it holds for a while', async () => {
    const { clock, log, classes } = world.ports;
    const snapshot = { read: () => Promise.reject(new Error('throttled')) };
    Object.assign(world.ports, { lanes: new LaneGate({ snapshot, depths: world.lanes.depths, classes, clock, log }) });
    expect((await submit()).status).toBe(202);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'lanes not read: what was last known holds', reason: 'Error: throttled' }),
    );
  });

  it('where the queue cannot be looked at', async () => {
    await saturate(world, NORMAL, 0.5);
    world.lanes.depths.read = () => Promise.reject(new Error('throttled'));
    expect((await submit()).status).toBe(202);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'queue not looked at' }));
  });
});

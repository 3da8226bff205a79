import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { SingleTaskDefinition } from '../../../functions/core/define-task.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const SCHEMAS: Readonly<Record<string, () => never | Promise<never>>> = {
  throws: () => {
    throw new Error('no schema');
  },
  rejects: async () => Promise.reject(new Error('no schema')),
  hangs: () => new Promise(() => {}),
};

const broken = Object.entries(SCHEMAS).map(
  ([type, validate]) =>
    ({
      ...greet,
      type,
      input: { '~standard': { ...greet.input['~standard'], validate } },
    }) as SingleTaskDefinition,
);
const input = { name: 'Ada' };

describe('a definition whose schema fails', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(Object.keys(SCHEMAS))('that %s costs the other tasks of a bulk nothing', async (type) => {
    const world = createWorld([greet, ...broken]);
    const tasks = [
      { type, input },
      { type: 'greet', input },
    ];
    const answering = callApi(world, 'POST /api/tasks/batch', { body: { tasks } });
    await vi.advanceTimersByTimeAsync(10_000);
    const { body } = await answering;
    expect(body.results).toMatchObject([
      { status: 'rejected', problem: { code: 'internal_error' } },
      { status: 'accepted' },
    ]);
  });
});

/** Ways in which the module of a type is of no use, and what is said of it. */
const MODULES: Readonly<Record<string, readonly [load: () => Promise<never>, reason: RegExp]>> = {
  'is not there': [() => Promise.reject(new Error("Cannot find package 'left-pad'")), /cannot be loaded: .*left-pad/],
  throws: [
    async () => {
      throw new TypeError('no key');
    },
    /cannot be loaded: no key/,
  ],
  'throws at once': [
    () => {
      throw new TypeError('no key');
    },
    /cannot be loaded: no key/,
  ],
  'never comes to its end': [() => new Promise(() => {}), /cannot be loaded: .*(end|10 s|time)/],
  'does not have it': [async () => undefined as never, /cannot be loaded: .*does not have it/],
  'has a schema that cannot be shown': [
    async () => ({ ...greet, type: 'lost', input: z.object({ at: z.date() }) }) as never,
    /schema that cannot be shown: .*Date/,
  ],
};

describe('a definition whose module', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  describe.each(Object.entries(MODULES))('%s', (_, [load, reason]) => {
    const broken = () => {
      const world = createWorld([greet]);
      const catalog = { lost: load, ...world.ports.catalog };
      return { ...world, ports: { ...world.ports, catalog } };
    };
    const answerOf = async (world: World, request: string, options = {}) => {
      const answering = callApi(world, request, options);
      await vi.advanceTimersByTimeAsync(10_000);
      return answering;
    };

    it('is told beside the others in the list, and its stack in the log', async () => {
      const world = broken();
      for (let times = 0; times < 2; times++) {
        const { status, body } = await answerOf(world, 'GET /api/definitions');
        expect(status).toBe(200);
        expect(body.items).toMatchObject([{ type: 'greet', inputSchema: { type: 'object' } }]);
        expect(body.broken).toEqual([{ type: 'lost', reason: expect.stringMatching(reason) }]);
      }
      expect(world.logged).toContainEqual(
        expect.objectContaining({ event: 'definition not loaded', task_type: 'lost', level: 'error' }),
      );
    });

    it('is missing from the OpenAPI document, which says so to everybody and why to nobody, until it is there', async () => {
      const world = broken();
      const { status, body } = await answerOf(world, 'GET /api/openapi.json', { caller: null });
      expect(status).toBe(200);
      const document = JSON.stringify(body);
      expect(document).toContain('"title":"greet"');
      expect(document).toMatch(/The task type lost is missing here/);
      expect(document).not.toMatch(reason);
      Object.assign(world.ports.catalog, { lost: async () => ({ ...greet, type: 'lost' }) });
      expect(JSON.stringify((await answerOf(world, 'GET /api/openapi.json', { caller: null })).body)).toContain(
        '"title":"lost"',
      );
    });

    it('says itself what is wrong with it', async () => {
      const world = broken();
      const { status, body } = await answerOf(world, 'GET /api/definitions/lost');
      if (reason.source.includes('does not have it')) return expect(status).toBe(404);
      expect(status).toBe(500);
      expect(body).toMatchObject({ code: 'internal_error', detail: expect.stringMatching(reason) });
    });

    it('is named to whoever submits to it, who is not told why', async () => {
      const answer = await answerOf(broken(), 'POST /api/tasks', { body: { type: 'lost', input } });
      if (/schema|does not have it/.test(reason.source)) return expect(answer.status).toBe(400);
      expect(answer).toMatchObject({ status: 500, body: { detail: 'the definition of lost cannot be loaded' } });
    });

    it('costs the other types nothing', async () => {
      const world = broken();
      expect(await answerOf(world, 'GET /api/definitions/greet')).toMatchObject({ status: 200 });
      expect(await answerOf(world, 'GET /api/stats')).toMatchObject({ status: 200 });
      const tasks = [
        { type: 'lost', input },
        { type: 'greet', input },
      ];
      const { body } = await answerOf(world, 'POST /api/tasks/batch', { body: { tasks } });
      expect((body.results as unknown[])[1]).toMatchObject({ status: 'accepted' });
    });
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage, encodeTask } from '../../../../functions/core/task/message.ts';
import { newTask, type TaskSeed } from '../../../../functions/core/task/task.ts';
import { error, storeDriver } from '../../../doubles/store-driver.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const LANE = 'default-normal-0';
const seed = (more: Partial<TaskSeed> = {}) => taskSeed({ executorKey: 'default/normal/0', ...more });
const bodyOf = (...tasks: TaskSeed[]): string => encodeMessage(tasks.map(encodeTask));
const dead = (...tasks: TaskSeed[]) => world.ports.deadLetters.put('default', { body: bodyOf(...tasks) });
const malformed = (laneName = LANE) =>
  world.ports.deadLetters.put('default', { body: '{', laneName, reason: 'the body is not JSON that can be read' });
const ask = (request: string) => callApi(world, request, { caller: { tenantId: 'acme', scopes: 'operate platform' } });
const askAsTenant = (request: string) =>
  callApi(world, request, { caller: { tenantId: 'acme', scopes: 'operate admin' } });
const redrive = async (lane = LANE) => (await ask(`POST /api/lanes/${lane}/redrive`)).body;
const list = async (query = '', lane = LANE) => (await ask(`GET /api/lanes/${lane}/dead-letters${query}`)).body;
/** Returns the messages that executors would get. */
const sent = () => [...world.queue.messages.values()].map(({ body }) => body);
/** `isMoreLeft` is the old name of `hasMore`. */
const moreLeft = (hasMore: boolean) => ({ hasMore, isMoreLeft: hasMore });
const NOTHING = { messages: 0, tasks: 0, unreadable: 0, refused: 0, ofOthers: 0, ...moreLeft(false) };

describe('POST /api/lanes/{name}/redrive', () => {
  it('sends the tasks of the lane again, of whatever tenant, and removes their letters', async () => {
    const [one, two, foreign] = [seed(), seed(), seed({ tenantId: tenant('other') })];
    dead(one, two);
    dead(foreign);
    expect(await redrive()).toEqual({ ...NOTHING, messages: 2, tasks: 3 });
    expect(sent()).toEqual([bodyOf(one, two), bodyOf(foreign)]);
    expect(world.ports.deadLetters.bodies).toEqual([]);
    expect(await redrive()).toEqual(NOTHING);
  });

  it('leaves other lanes and what cannot be read, to be taken at once by others', async () => {
    const other = seed({ executorKey: 'default/high/0' });
    dead(other);
    malformed();
    malformed('default-low-0');
    world.ports.deadLetters.put('default', { body: 'of nobody' });
    world.ports.deadLetters.put('default', { body: '{"v":9}', laneName: LANE });
    expect(await redrive()).toEqual({ ...NOTHING, unreadable: 2 });
    expect(sent()).toEqual([]);
    expect(world.ports.deadLetters.bodies).toHaveLength(5);
    expect(await redrive('default-high-0')).toEqual({ ...NOTHING, messages: 1, tasks: 1 });
    expect(sent()).toEqual([bodyOf(other)]);
  });

  it('sends what an executor of an older version could not read', async () => {
    world.ports.deadLetters.put('default', { body: bodyOf(seed()), laneName: LANE, reason: 'tasks.0: unknown field' });
    expect(await redrive()).toMatchObject({ messages: 1, unreadable: 0 });
  });

  it('goes through any number of them, behind those that stay', async () => {
    for (let count = 0; count < 25; count++) malformed();
    for (let count = 0; count < 25; count++) dead(seed());
    expect(await redrive()).toEqual({ ...NOTHING, messages: 25, tasks: 25, unreadable: 25 });
    expect(world.ports.deadLetters.bodies).toHaveLength(25);
  });

  it('keeps a letter of which one task is refused', async () => {
    const [one, two] = [seed(), seed()];
    dead(one, two);
    dead(seed());
    const { sendAll } = world.queue;
    world.queue.sendAll = async (outgoing) => {
      await sendAll.call(world.queue, outgoing);
      return new Set([two.id]);
    };
    expect(await redrive()).toEqual({ ...NOTHING, messages: 1, tasks: 1, refused: 1 });
    expect(world.ports.deadLetters.bodies).toEqual([bodyOf(one, two)]);
  });

  it('sends before it removes: what fails in between is sent again', async () => {
    dead(seed());
    const { deadLetters } = world.ports;
    deadLetters.remove = () => Promise.reject(new Error('throttled'));
    const answer = await ask(`POST /api/lanes/${LANE}/redrive`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(sent()).toHaveLength(1);
    Reflect.deleteProperty(deadLetters, 'remove');
    expect(await redrive()).toMatchObject({ messages: 1 });
    expect(sent()).toHaveLength(2);
  });

  it('stops in time, and says that there is more', async () => {
    for (let count = 0; count < 50; count++) dead(seed());
    const { deadLetters } = world.ports;
    const take = deadLetters.take.bind(deadLetters);
    deadLetters.take = (...args) => {
      world.advance(8);
      return take(...args);
    };
    expect(await redrive()).toEqual({ ...NOTHING, messages: 30, tasks: 30, ...moreLeft(true) });
    expect(await redrive()).toMatchObject({ messages: 20, hasMore: false });
  });

  it('sends a task of two letters once, and removes both, wherever they come up', async () => {
    const [one, two] = [seed(), seed()];
    dead(one);
    dead(two, one);
    for (let count = 0; count < 10; count++) malformed();
    dead(one);
    expect(await redrive()).toEqual({ ...NOTHING, messages: 3, tasks: 2, unreadable: 10 });
    expect(sent()).toEqual([bodyOf(one, two)]);
    expect(world.ports.deadLetters.bodies).toHaveLength(10);
  });

  it('sends the tasks of two tenants that have one id', async () => {
    const one = seed();
    dead(one);
    dead({ ...one, tenantId: tenant('other') });
    expect(await redrive()).toMatchObject({ messages: 2, tasks: 2 });
    expect(sent()).toHaveLength(2);
  });

  describe('beside another call that has letters in hand', () => {
    const underWay = { ...moreLeft(true), isAnotherUnderWay: true };

    it.each(['redrive', 'list'])('says so, and so does a list: beside a %s', async (first) => {
      for (let count = 0; count < 12; count++) dead(seed());
      const { deadLetters } = world.ports;
      const take = deadLetters.take.bind(deadLetters);
      const answers: object[] = [];
      deadLetters.take = async (...args) => {
        const taken = await take(...args);
        deadLetters.take = take;
        answers.push(await redrive(), await list());
        return taken;
      };
      await (first === 'redrive' ? redrive() : list());
      // Ten were in the hand of the first.
      expect(answers).toEqual([
        { ...NOTHING, messages: 2, tasks: 2, ...underWay },
        { items: [], ...underWay },
      ]);
      expect(await redrive()).toMatchObject({ hasMore: false });
      expect(world.ports.deadLetters.bodies).toEqual([]);
    });

    it('says so where both began at once', async () => {
      for (let count = 0; count < 5; count++) dead(seed());
      const answers = await Promise.all([redrive(), redrive()]);
      expect(answers.map(({ messages, hasMore }) => [messages, hasMore])).toEqual([
        [5, false],
        [0, true],
      ]);
    });

    it('says so for a minute after it has died', async () => {
      dead(seed());
      await world.ports.deadLetters.take('default', 60);
      expect(await redrive()).toEqual({ ...NOTHING, ...underWay });
      expect(await list()).toEqual({ items: [], ...underWay });
      world.advance(61);
      expect(await redrive()).toEqual({ ...NOTHING, messages: 1, tasks: 1 });
    });
  });

  it('goes well where letters cannot be given back: they come by themselves', async () => {
    malformed();
    world.ports.deadLetters.giveBack = () => Promise.reject(new Error('throttled'));
    expect(await redrive()).toEqual({ ...NOTHING, unreadable: 1 });
    expect(world.logged.map(({ event }) => event)).toContain('dead letters not given back');
    world.advance(61);
    expect(await redrive()).toEqual({ ...NOTHING, unreadable: 1 });
  });
});

describe('GET /api/lanes/{name}/dead-letters', () => {
  it('tells why each is dead', async () => {
    malformed();
    world.ports.deadLetters.put('default', { body: '{"v":9}', laneName: LANE });
    world.ports.deadLetters.put('default', { body: '[]', laneName: LANE });
    dead(seed());
    malformed('default-low-0');
    const { items, hasMore } = await list();
    expect((items as { reason: object }[]).map(({ reason }) => reason)).toEqual([
      { code: 'malformed', message: 'the body is not JSON that can be read' },
      { code: 'newer_version', message: 'it is of a later version of Millrace' },
      { code: 'malformed', message: expect.stringContaining('the body: ') },
      { code: 'deliveries_exhausted', message: 'it was delivered 5 times, and no executor brought it to an end' },
    ]);
    expect(hasMore).toBe(false);
  });

  it('tells how each of the own tasks is, and nothing of those of others', async () => {
    const { store } = world.ports;
    const { claim } = storeDriver(store);
    const [failing, missing, foreign] = [seed(), seed(), seed({ tenantId: tenant('other') })];
    await store.insert(newTask(failing));
    await store.insert(newTask(foreign));
    await store.settle(await claim(failing), { status: 'queued', error, notBefore: 0 });
    dead(failing, missing);
    dead(foreign);
    const { items } = (await askAsTenant(`GET /api/lanes/${LANE}/dead-letters`)).body;
    expect(items).toMatchObject([
      { messageId: 'letter-1', task: { id: failing.id, type: 'greet', status: 'queued', attempt: 1, error } },
      { messageId: 'letter-1', task: { id: missing.id, type: 'greet' } },
      { messageId: 'letter-2', sentAt: '2026-01-01T00:00:00.000Z' },
    ]);
    expect(JSON.stringify(items)).not.toContain(foreign.id);
    expect((items as object[])[2]).not.toHaveProperty('task');
  });

  it('shows each of two letters of one task', async () => {
    const { store } = world.ports;
    const [one, other] = [seed(), seed()];
    await store.insert(newTask(one));
    dead(one);
    dead(other);
    dead(one);
    const { items } = await list();
    expect(
      (items as { messageId: string; task: { id: string } }[]).map(({ messageId, task }) => [messageId, task.id]),
    ).toEqual([
      ['letter-1', one.id],
      ['letter-2', other.id],
      ['letter-3', one.id],
    ]);
  });

  it('leaves them to be taken at once', async () => {
    dead(seed());
    await list();
    expect((await list()).items).toHaveLength(1);
    expect(await redrive()).toMatchObject({ messages: 1 });
  });

  it.each([
    ['?limit=3', 3, true],
    ['?limit=30', 30, false],
    ['', 25, true],
  ])('shows some of them: "%s"', async (query, shown, hasMore) => {
    for (let count = 0; count < 30; count++) dead(seed());
    const body = await list(query);
    expect(body.items).toHaveLength(shown);
    expect(body).toMatchObject(moreLeft(hasMore));
  });

  it.each(['limit=0', 'limit=101', 'cursor=abc', 'limit=x'])('refuses ?%s', async (query) => {
    expect(await ask(`GET /api/lanes/${LANE}/dead-letters?${query}`)).toMatchObject({
      ...{ status: 400, body: { code: 'invalid_request' } },
    });
  });
});

it.each(['default-normal-1', 'default-dead-letters', 'default', 'millrace-default-normal-0', 'default%2Fnormal%2F0'])(
  'a lane %s is not there',
  async (lane) => {
    expect(await ask(`POST /api/lanes/${lane}/redrive`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await ask(`GET /api/lanes/${lane}/dead-letters`)).toMatchObject({ status: 404 });
  },
);

import { beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../functions/core/task/message.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import type { ApiRequest } from '../../../doubles/api-event.ts';
import { dueTasks } from '../../../doubles/due-tasks.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { type ApiAnswer, callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const times = (count: number, task: unknown = ada) => Array.from({ length: count }, () => task);
const keyed = { headers: { 'idempotency-key': 'import-7' } };
const broken = async (): Promise<never> => {
  throw new Error('ThrottlingException: arn:aws:secret');
};

type Result = {
  readonly index: number;
  readonly status: 'accepted' | 'rejected';
  readonly task: { readonly id: string };
  readonly problem: { readonly code: string; readonly errors: { readonly field: string }[] };
  readonly replayed?: true;
};

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo]);
});

const submit = (tasks: unknown, request: ApiRequest = {}): Promise<ApiAnswer> =>
  callApi(world, 'POST /api/tasks/batch', { body: { tasks }, ...request });
const resultsOf = ({ body }: ApiAnswer) => body.results as Result[];
const messages = (): TaskSeed[][] =>
  [...world.queue.messages.values()].map(({ body }) => {
    const decoded = decodeMessage(body);
    if (decoded.result !== 'tasks') throw new Error(decoded.result);
    return [...decoded.tasks];
  });
const due = () => dueTasks(world.ports.store, world.now);

describe('a bulk submit', () => {
  it('of 1,000 tasks accepts each of them once, in order', async () => {
    const answer = await submit(times(1000));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1000, rejected: 0 } });
    const results = resultsOf(answer);
    expect(results.map(({ index }) => index)).toEqual([...Array(1000).keys()]);
    expect(new Set(results.map(({ task }) => task.id)).size).toBe(1000);
    expect(
      messages()
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(results.map(({ task }) => task.id).toSorted());
    expect(messages().length).toBe(200);
    expect(world.recorded.filter(({ metric }) => metric === 'accepted')).toHaveLength(1000);
  });

  it('tells the row of each task, and not its message, how many were submitted together', async () => {
    const { insert } = world.ports.store;
    const together: unknown[] = [];
    world.ports.store.insert = (task, dueAt) => {
      together.push(task.submittedTogether);
      return insert.call(world.ports.store, task, dueAt);
    };
    await submit(times(3));
    expect(together).toEqual([3, 3, 3]);
    expect(
      messages()
        .flat()
        .map((seed) => 'submittedTogether' in seed),
    ).toEqual([false, false, false]);
  });

  it('shares its messages among as many executors as there are for it', async () => {
    await submit(times(7));
    expect(messages().map((tasks) => tasks.length)).toEqual([2, 2, 2, 1]);
  });

  it('tells which tasks are refused and why, and accepts the others', async () => {
    const answer = await submit([ada, { type: 'nonsense', input: 1 }, null, 7, { ...ada, priority: 'urgent' }, ada]);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 2, rejected: 4 } });
    const results = resultsOf(answer);
    expect(results.map(({ status }) => status)).toEqual([
      ...['accepted', 'rejected', 'rejected', 'rejected', 'rejected', 'accepted'],
    ]);
    expect(results[1]?.problem).toMatchObject({ code: 'invalid_request', errors: [{ field: '/type' }] });
    expect(results[4]?.problem).toMatchObject({ status: 400, errors: [{ field: '/priority' }] });
    expect(messages().flat()).toHaveLength(2);
  });

  it('may refuse all', async () => {
    expect(await submit(times(3, {}))).toMatchObject({ status: 202, body: { accepted: 0, rejected: 3 } });
    expect(messages()).toEqual([]);
  });

  it.each([
    ['no tasks', { tasks: [] }, '/tasks'],
    ['too many tasks', { tasks: times(1001) }, '/tasks'],
    ['tasks that are no list', { tasks: ada }, '/tasks'],
    ['no field tasks', {}, '/tasks'],
    ['another field', { tasks: [ada], task: ada }, '/task'],
  ])('with %s is invalid_request as a whole', async (_, body, field) => {
    const answer = await callApi(world, 'POST /api/tasks/batch', { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
    expect(messages()).toEqual([]);
  });

  it('sends each lane and delay by itself, and leaves to the sweeper what SQS cannot delay', async () => {
    await submit([ada, { ...ada, priority: 'high' }, { ...ada, delaySeconds: 60 }, { ...ada, delaySeconds: 1000 }]);
    expect(messages().map(([task]) => task?.executorKey)).toEqual([
      ...['default/normal/0', 'default/high/0', 'default/normal/0'],
    ]);
    world.advance(1000);
    expect(await due()).toHaveLength(1);
  });
});

describe('a bulk submit with an Idempotency-Key', () => {
  it('that is repeated answers with the same tasks', async () => {
    const first = resultsOf(await submit([ada, { ...ada, input: { name: 'Bob' } }], keyed));
    const again = resultsOf(await submit([ada, { ...ada, input: { name: 'Bob' } }], keyed));
    expect(again.map(({ task }) => task.id)).toEqual(first.map(({ task }) => task.id));
    expect(first.map(({ replayed }) => replayed)).toEqual([undefined, undefined]);
    expect(again.map(({ replayed }) => replayed)).toEqual([true, true]);
    expect(world.recorded).toHaveLength(2);
  });

  it('rejects what was another task before', async () => {
    await submit([ada, ada], keyed);
    const answer = await submit([ada, { ...ada, priority: 'low' }], keyed);
    expect(resultsOf(answer)).toMatchObject([
      { status: 'accepted', replayed: true },
      { status: 'rejected', problem: { code: 'idempotency_conflict', status: 409 } },
    ]);
  });

  it('is another key than that of a single submit', async () => {
    const { body } = await callApi(world, 'POST /api/tasks', { body: ada, ...keyed });
    expect(resultsOf(await submit([ada], keyed))[0]).not.toMatchObject({ task: { id: body.id } });
  });
});

describe('when parts of the platform fail, a bulk submit', () => {
  it('leaves to the sweeper what the queue refuses', async () => {
    const { queue } = world.ports;
    const sendAll = queue.sendAll.bind(queue);
    queue.sendAll = async (outgoing) => {
      await sendAll(outgoing.slice(2));
      return new Set(outgoing.slice(0, 2).map(({ task }) => task.id));
    };
    const answer = await submit(times(5));
    expect(answer.body).toMatchObject({ accepted: 5, rejected: 0 });
    expect((await due()).map(({ task }) => task.id).toSorted()).toEqual(
      resultsOf(answer)
        .slice(0, 2)
        .map(({ task }) => task.id)
        .toSorted(),
    );
  });

  it('accepts what is queued though the table fails', async () => {
    world.ports.store.insert = broken;
    expect((await submit(times(5))).body).toMatchObject({ accepted: 5, rejected: 0 });
    expect(messages().flat()).toHaveLength(5);
  });

  it('rejects, one by one, what neither takes', async () => {
    const { queue, store } = world.ports;
    const insert = store.insert.bind(store);
    queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    let inserts = 0;
    store.insert = (...args) => (++inserts % 2 === 0 ? broken() : insert(...args));
    const answer = await submit(times(4));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 2, rejected: 2 } });
    const refused = resultsOf(answer).filter(({ status }) => status === 'rejected');
    expect(refused.map(({ problem }) => problem.code)).toEqual(['unavailable', 'unavailable']);
    expect(JSON.stringify(answer.body)).not.toMatch(/Throttling|secret/);
    expect(await due()).toHaveLength(2);
  });

  it('rejects what has no place for its input', async () => {
    world.ports.payloads.put = broken;
    expect((await submit(times(2))).body).toMatchObject({ accepted: 0, rejected: 2 });
    expect(messages()).toEqual([]);
  });
});

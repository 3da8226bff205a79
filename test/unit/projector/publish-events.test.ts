import { expect, it } from 'vitest';
import { MemoryPayloadStore } from '../../../functions/adapters/memory/memory-payload-store.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import type { LeaseToken } from '../../../functions/core/task/ids.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import type { TaskChange } from '../../../functions/core/task/task-change.ts';
import type { TaskEvent } from '../../../functions/core/task/task-event.ts';
import { claimed, settled } from '../../../functions/core/task/transition.ts';
import { publishEvents } from '../../../functions/projector/publish-events.ts';
import { taskSeed } from '../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 1);

class FailingPayloads extends MemoryPayloadStore {
  /** So many reads fail. */
  failing = 0;

  override async get(...ref: Parameters<MemoryPayloadStore['get']>): Promise<JsonValue | undefined> {
    if (this.failing > 0) {
      this.failing--;
      throw new Error('the table throttles');
    }
    return super.get(...ref);
  }
}

/** Returns the changes by which tasks with these outputs are claimed and succeed. */
async function successes(payloads: MemoryPayloadStore, outputs: readonly JsonValue[]): Promise<TaskChange[]> {
  const changes = outputs.map(async (value, number) => {
    const queued = newTask(taskSeed());
    const running = claimed(queued, { token: 'a' as LeaseToken, expiresAt: NOW }, NOW);
    const output = await payloads.put(running.tenantId, running.id, 'output-1', value, NOW);
    const succeeded = settled(running, { status: 'succeeded', output, finishedAt: NOW });
    const usage = { submittedTogether: 1, writeUnits: 1 };
    return [
      { id: `${number}-a`, at: NOW, before: queued, after: running, usage },
      { id: `${number}-b`, at: NOW, before: running, after: succeeded, usage },
    ];
  });
  return (await Promise.all(changes)).flat();
}

/** Publishes changes to a bus that refuses the first of each request so often. */
async function publishing(changes: readonly TaskChange[], payloads: MemoryPayloadStore | undefined, refusals = 0) {
  const told: TaskEvent[] = [];
  const logged: string[] = [];
  let refused = 0;
  const left = await publishEvents(changes, {
    payloads,
    sleep: async () => {},
    log: (_level, event) => logged.push(event),
    events: {
      publish: async (events) => {
        const untaken = refused++ < refusals ? events.slice(0, 1) : [];
        told.push(...events.filter((event) => !untaken.includes(event)));
        return untaken;
      },
    },
  });
  const outputs = told.filter(({ name }) => name === 'task.succeeded').map(({ output }) => output);
  return { outputs, names: told.map(({ name }) => name), logged, left: [...left].map(({ id }) => id) };
}

const LARGEST = 'x'.repeat(59_998);

it('no event carries an output unless outputs can be read', async () => {
  const payloads = new MemoryPayloadStore();
  expect((await publishing(await successes(payloads, [7]), undefined)).outputs).toEqual([undefined]);
});

it.each<[string, JsonValue, TaskEvent['output']]>([
  ['a small one', { words: 7 }, { value: { words: 7 } }],
  ['null', null, { value: null }],
  ['one that the row does not hold', 'x'.repeat(5_000), { value: 'x'.repeat(5_000) }],
  ['the largest', LARGEST, { value: LARGEST }],
  ['one that is too large', `${LARGEST}x`, 'elsewhere'],
  ['one of as many characters, and more bytes', `é${LARGEST.slice(1)}`, 'elsewhere'],
])('the event of a success has its output: %s', async (_, value, output) => {
  const payloads = new MemoryPayloadStore();
  const { outputs, left } = await publishing(await successes(payloads, [value]), payloads);
  expect(outputs).toEqual([output]);
  expect(left).toEqual([]);
});

it('no other event of a task has one', async () => {
  const payloads = new MemoryPayloadStore();
  const changes = await successes(payloads, [7]);
  const { names, outputs } = await publishing(changes, payloads);
  expect(names).toEqual(['task.running', 'task.succeeded']);
  expect(outputs).toHaveLength(1);
});

it('an output that is gone is told of, and nothing waits for it', async () => {
  const payloads = new MemoryPayloadStore();
  const changes = await successes(payloads, ['x'.repeat(5_000)]);
  payloads.lose();
  const { outputs, left } = await publishing(changes, payloads);
  expect([outputs, left]).toEqual([['elsewhere'], []]);
});

it('an output that cannot be read is tried again with its event, which is told once', async () => {
  const payloads = new FailingPayloads();
  const changes = await successes(payloads, [1, 2, 3]);
  payloads.failing = 2;
  const { outputs, left, logged } = await publishing(changes, payloads, 1);
  expect(outputs).toHaveLength(3);
  expect(outputs).toEqual(expect.arrayContaining([{ value: 1 }, { value: 2 }, { value: 3 }]));
  expect(left).toEqual([]);
  expect(logged).toEqual(['output of an event not read', 'output of an event not read']);
});

it('an event whose output cannot be read for long comes again with its batch', async () => {
  const payloads = new FailingPayloads();
  const changes = await successes(payloads, [1, 2]);
  payloads.failing = Number.POSITIVE_INFINITY;
  const { names, left, logged } = await publishing(changes, payloads);
  expect(names).toEqual(['task.running', 'task.running']);
  expect(left.toSorted()).toEqual(['0-b', '1-b']);
  expect(logged.at(-1)).toBe('events not taken: their batch will come again');
});

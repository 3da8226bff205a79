import { expect, it } from 'vitest';
import { DynamoDueTasks } from '../../../functions/adapters/dynamo/due-tasks.ts';
import { n, s } from '../../../functions/adapters/dynamo/requests/row.ts';
import { dueAttributes, rowKey, seedAttributes } from '../../../functions/adapters/dynamo/task-row.ts';
import { MemoryTaskStore } from '../../../functions/adapters/memory/memory-task-store.ts';
import { sweep } from '../../../functions/control/sweep.ts';
import { taskIdOf } from '../../../functions/core/task/ids.ts';
import { newTask, type TaskSeed } from '../../../functions/core/task/task.ts';
import { indexedClient } from '../../doubles/indexed-client.ts';
import { lagOf } from '../../doubles/lag-of.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const TASKS = 100_000;
/** The rows of the store in memory are read for each page. */
const FEWER = 20_000;
const SHARDS = 1;
/** A run has its function's time less its margin. */
const RUN_SECONDS = 50;
/** A request to DynamoDB or SQS takes so long, and so many are under way at a time (`PARALLEL` of the sweeper and queue). */
const REQUEST_MILLISECONDS = 10;
const UNDER_WAY = { rows: 50, messages: 5 };

const seedsOf = (world: World, tasks: number): TaskSeed[] =>
  Array.from({ length: tasks }, (_, number) =>
    taskSeed({ id: taskIdOf(String(number).padStart(26, '0'), 0), createdAt: world.now, runAt: world.now + 1_000_000 }),
  );

/** Makes three runs, a minute apart; a run ends when its time is over. Returns the tasks that were sent in each. */
async function sweepThrice(world: World, due: Parameters<typeof sweep>[1]['due']): Promise<Set<string>[]> {
  const runs: Set<string>[] = [];
  world.ports.queue.sendAll = async (outgoing) => {
    // A message has about five tasks, and a request ten messages.
    world.now += (Math.ceil(outgoing.length / 50) * REQUEST_MILLISECONDS) / UNDER_WAY.messages;
    for (const { task } of outgoing) runs.at(-1)?.add(task.id);
    return new Set();
  };
  for (let run = 0; run < 3; run++) {
    const began = world.now;
    runs.push(new Set());
    await sweep(began + RUN_SECONDS * 1000, { ...world.ports, due });
    world.now = began + 60_000;
  }
  return runs;
}

it('100,000 tasks that are due at one moment are all sent within three minutes, while the index lags', async () => {
  const world = createWorld([greet]);
  const { client, put } = indexedClient({ lag: lagOf(1, { share: 0.3, reads: 2 }) });
  for (const seed of seedsOf(world, TASKS)) {
    const row = { ...rowKey(seed.tenantId, seed.id), ...seedAttributes(seed, SHARDS), status: s('scheduled') };
    put('tasks', { ...row, attempt: n(0), ...dueAttributes(seed.id, seed.runAt ?? 0, SHARDS) });
  }
  const send = client.send.bind(client) as (command: object) => Promise<object>;
  const timed = async (command: object): Promise<object> => {
    const parallel = command.constructor.name === 'UpdateItemCommand' ? UNDER_WAY.rows : 1;
    world.now += REQUEST_MILLISECONDS / parallel;
    return send(command);
  };
  const tables = { tableNames: ['tasks'], indexShards: SHARDS };
  const due = new DynamoDueTasks(Object.assign(client, { send: timed }), tables, world.ports.log);
  world.now += 1_000_000;
  const runs = await sweepThrice(world, due);
  expect(new Set(runs.flatMap((run) => [...run])).size).toBe(TASKS);
}, 120_000);

it('so are 20,000 of the store in memory', async () => {
  const world = createWorld([greet]);
  const store = new MemoryTaskStore({ lag: lagOf(2, { share: 0.3, reads: 2 }) });
  for (const seed of seedsOf(world, FEWER)) await store.insert(newTask(seed), seed.runAt);
  world.now += 1_000_000;
  const runs = await sweepThrice(world, store);
  expect(new Set(runs.flatMap((run) => [...run])).size).toBe(FEWER);
}, 120_000);

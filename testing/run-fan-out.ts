import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { MemoryAttemptStore } from '../functions/adapters/memory/memory-attempts.ts';
import { MemoryFanOuts } from '../functions/adapters/memory/memory-fan-outs.ts';
import { MemoryPayloadStore } from '../functions/adapters/memory/memory-payload-store.ts';
import { MemoryTaskStore } from '../functions/adapters/memory/memory-task-store.ts';
import { MAX_QUEUE_DELAY_SECONDS } from '../functions/contract.ts';
import { sweep } from '../functions/control/sweep.ts';
import { mapConcurrently } from '../functions/core/concurrency.ts';
import type { InputOf, OutputOf, SingleTaskDefinition } from '../functions/core/define-task.ts';
import { propagateEnd } from '../functions/core/fan-out/propagate-end.ts';
import type { LeaseToken } from '../functions/core/task/ids.ts';
import { isFinished, newTask, type TaskSeed } from '../functions/core/task/task.ts';
import { installMessages } from '../functions/core/zod-messages.ts';
import { executeTask } from '../functions/executor/attempt/attempt.ts';
import { executeBatch } from '../functions/executor/attempt/batch-attempt.ts';
import type { HandledTask } from '../functions/executor/messages/disposition.ts';
import { groupIntoUnits, type WorkUnit } from '../functions/executor/messages/work-unit.ts';
import { Notes, type Told } from './notes.ts';
import { type TaskResult, taskResult } from './task-result.ts';
import { TestLane } from './test-lane.ts';
import { seedOf, type TestOptions } from './test-options.ts';
import { testPorts } from './test-ports.ts';

/** So many tasks are at work at a time. */
const PLACES = 10;

/** An invocation lasts so long. */
const INVOCATION_MILLISECONDS = 900_000;

/** A task that has not ended after so many rounds of attempts and sweeps never does: retries have an end. */
const MOST_ROUNDS = 10_000;

/**
 * Runs a task to its end, and all that it fans out into, nested as it may be: with each attempt, retry, `combine`, failure and
 * cancellation as in a deployment, on stores in memory. No time passes between attempts.
 *
 *     const { output } = await runFanOut(textWordcount, { text }, { tasks: [textWordcountPart] });
 */
export async function runFanOut<Definition extends SingleTaskDefinition>(
  definition: Definition,
  input: InputOf<Definition>,
  options: Omit<TestOptions, 'attempt'> = {},
): Promise<TaskResult<OutputOf<Definition>> & Told> {
  installMessages();
  const notes = new Notes();
  const ports = fanOutPorts(definition, options, notes);
  const seed = seedOf(definition, input, options, ports.clock());
  await ports.store.insert(newTask(seed));
  await ports.queue.send(seed, 0);
  let cancelled = Promise.resolve();
  const cancel = (): void => {
    cancelled = cancelTask(seed, ports);
  };
  options.signal?.addEventListener('abort', cancel);
  await runToEnd(seed, ports).finally(() => options.signal?.removeEventListener('abort', cancel));
  await cancelled;
  return { ...(await taskResult<OutputOf<Definition>>(seed, ports)), ...notes.told };
}

/** Cancels a task as `POST /api/tasks/{id}/cancel` does. */
async function cancelTask({ tenantId, id }: TaskSeed, ports: FanOutTestPorts): Promise<void> {
  const cancel = await ports.store.cancel(tenantId, id, ports.clock());
  if (cancel.result === 'cancelled') await propagateEnd(cancel.task, ports);
}

type FanOutTestPorts = ReturnType<typeof fanOutPorts>;

function fanOutPorts(definition: SingleTaskDefinition, options: TestOptions, notes: Notes) {
  const lane = new TestLane();
  const store = new MemoryTaskStore();
  let tokens = 0;
  return {
    ...testPorts(definition, options, notes),
    clock: lane.clock,
    queue: lane,
    store,
    due: store,
    attempts: new MemoryAttemptStore(),
    fanOuts: new MemoryFanOuts(store),
    payloads: new MemoryPayloadStore(),
    settings: {
      get: async () => ({}),
      changedTypes: async () => [],
      change: async () => ({}),
    },
    usage: { openTasks: async () => 0 },
    buckets: { charge: async () => 0 },
    retentionDays: 14,
    random: Math.random,
    sleep,
    ids: { leaseToken: () => `lease-${++tokens}` as LeaseToken },
    visibilityExtended: Promise.resolve(),
  };
}

async function runToEnd({ tenantId, id }: TaskSeed, ports: FanOutTestPorts): Promise<void> {
  const { queue, store, clock } = ports;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const tasks = queue.take();
    if (tasks.length > 0) {
      await runAll(tasks, ports);
      continue;
    }
    const task = await store.get(tenantId, id, clock());
    if (task === undefined || isFinished(task)) return;
    // It waits for longer than a message can.
    queue.skip(MAX_QUEUE_DELAY_SECONDS * 1000);
    await sweep(clock() + INVOCATION_MILLISECONDS, ports);
  }
  throw new Error(`the task has not ended after ${MOST_ROUNDS} rounds`);
}

/** Makes an attempt at each task, and puts back on its lane what is to come again. */
async function runAll(tasks: readonly TaskSeed[], ports: FanOutTestPorts): Promise<void> {
  const delivered = tasks.map((task) => ({ task, delivery: NO_DELIVERY }));
  const units = await groupIntoUnits(delivered, ports);
  const handled = await mapConcurrently(units, PLACES, (unit) => runUnit(unit, ports));
  for (const { task, disposition } of handled.flat()) {
    if (disposition.keep) await ports.queue.send(task, disposition.seconds);
  }
}

const NO_DELIVERY = { messageId: '', queueName: '', receipt: '', receiveCount: 1, body: '' };

async function runUnit({ delivered, definition }: WorkUnit, ports: FanOutTestPorts): Promise<HandledTask[]> {
  const deadline = ports.clock() + INVOCATION_MILLISECONDS;
  if (definition !== undefined) return executeBatch(delivered, definition, deadline, pLimit(PLACES), ports);
  return mapConcurrently(delivered, 1, async (one) => ({
    ...one,
    disposition: await executeTask(one.task, deadline, ports),
  }));
}

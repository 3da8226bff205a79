import { compact } from '../functions/core/compact.ts';
import type { JsonValue } from '../functions/core/json.ts';
import type { PayloadStore, TaskStore } from '../functions/core/ports.ts';
import { isFinished, subtaskIdsOf, type TaskSeed } from '../functions/core/task/task.ts';
import type { TestError } from './test-options.ts';

/** How a task has ended, and each of its subtasks, in their order: `output` is there where it succeeded, `error` where it failed. */
export type TaskResult<Output = JsonValue> = {
  readonly type: string;
  readonly input: JsonValue;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  /** Attempts that were made, the one that combines included. */
  readonly attempts: number;
  readonly output?: Output;
  readonly error?: TestError;
  readonly subtasks: readonly TaskResult[];
};

type Stores = {
  readonly store: Pick<TaskStore, 'get' | 'getAll'>;
  readonly payloads: PayloadStore;
  readonly clock: () => number;
};

/** Reads how a task has ended. `Output` is what its definition says of it. */
export async function taskResult<Output>(
  { tenantId, id }: Pick<TaskSeed, 'tenantId' | 'id'>,
  stores: Stores,
): Promise<TaskResult<Output>> {
  const { store, payloads, clock } = stores;
  const task = await store.get(tenantId, id, clock());
  if (task === undefined || !isFinished(task)) throw new Error(`the task ${id} has not ended`);
  const { type, status, attempt: attempts } = task;
  // Of a fan-out that ended early, some were never made.
  const made = await store.getAll(tenantId, subtaskIdsOf(task), clock());
  const subtasks = await Promise.all(made.map((subtask) => taskResult<JsonValue>(subtask, stores)));
  return compact({
    type,
    status,
    attempts,
    input: (await payloads.get(tenantId, task.input)) ?? null,
    output: task.status === 'succeeded' ? ((await payloads.get(tenantId, task.output)) as Output) : undefined,
    error: task.status === 'failed' ? task.error : undefined,
    subtasks,
  });
}

import { compact } from '../../core/compact.ts';
import type { FanOutRecord, FanOuts, FanOutToOpen, OpenedFanOut, ParentKey } from '../../core/fan-out/fan-outs.ts';
import type { TaskError } from '../../core/task/task.ts';
import { failedBySubtask, resumed } from '../../core/task/transition.ts';
import type { MemoryTaskStore } from './memory-task-store.ts';

/** Keeps fan-outs in a map, beside the tasks of a store in memory. */
export class MemoryFanOuts implements FanOuts {
  readonly #store: MemoryTaskStore;
  readonly #records = new Map<string, FanOutRecord>();
  readonly #opened = new Map<string, OpenedFanOut>();

  constructor(store: MemoryTaskStore) {
    this.#store = store;
  }

  async open(parent: ParentKey, { count, pending, ...record }: FanOutToOpen): Promise<void> {
    const { subtasks, supersedes } = record;
    this.#records.set(keyOf(parent), { ...record, pending: pending ?? new Set(Array(count).keys()) });
    this.#opened.set(keyOf(parent), compact({ subtasks, count, supersedes }));
  }

  async supersede(parent: ParentKey): Promise<void> {
    this.#records.delete(keyOf(parent));
  }

  async drop(parent: ParentKey): Promise<void> {
    this.#records.delete(keyOf(parent));
    this.#opened.delete(keyOf(parent));
  }

  async opened(parent: ParentKey): Promise<OpenedFanOut | undefined> {
    return this.#opened.get(keyOf(parent));
  }

  async get(parent: ParentKey): Promise<FanOutRecord | undefined> {
    return this.#records.get(keyOf(parent));
  }

  async close(parent: ParentKey, place: number) {
    const found = this.#records.get(keyOf(parent));
    if (found === undefined) return undefined;
    const pending = new Set([...found.pending].filter((one) => one !== place));
    this.#records.set(keyOf(parent), { ...found, pending });
    return { pending, onFailure: found.onFailure };
  }

  async resume(parent: ParentKey, dueAt: number) {
    const task = this.#store.endWait(parent, dueAt, resumed);
    return task === undefined ? ({ result: 'lost' } as const) : ({ result: 'queued', task } as const);
  }

  async fail(parent: ParentKey, error: TaskError, now: number, dueAt: number) {
    const task = this.#store.endWait(parent, dueAt, (found) => failedBySubtask(found, error, now));
    return task === undefined ? ({ result: 'lost' } as const) : ({ result: 'failed', task } as const);
  }
}

const keyOf = ({ tenantId, id, attempt }: ParentKey): string => `${tenantId}#${id}#${attempt}`;

import { orderOf, type TaskId, type TaskOrder, type TenantId } from './ids.ts';
import type { Task } from './task.ts';
import type { TaskChange } from './task-change.ts';

/** A task has so many tags at most. */
export const MAX_TAGS = 10;

/** A tag is a word, so that a row keeps several with spaces between them, and a key of the index has it as it is. */
export const TAG = /^[A-Za-z0-9._:/=@-]{1,64}$/;

/** Lists a task under one of its tags. */
export type TagEntry = {
  readonly tenantId: TenantId;
  readonly tag: string;
  readonly order: TaskOrder;
  readonly id: TaskId;
};

/** Says of an entry whether it is to be there. */
export type TagWrite = { readonly entry: TagEntry; readonly isListed: boolean };

/** Lists tasks by their tags. */
export interface TagIndex {
  /** Puts and removes entries, none of them twice. Throws where it could not write all: then they can be written again. */
  write(writes: readonly TagWrite[]): Promise<void>;
}

/** Returns what a change of a task's row makes of its entries: nothing, but where a row comes or goes, or gives way to another task. */
export function tagWritesOf({ before, after }: TaskChange): TagWrite[] {
  // No transition changes the tags of a task.
  if (before !== undefined && before.createdAt === after?.createdAt) return [];
  return [...writesOf(before, false), ...writesOf(after, true)];
}

const writesOf = (task: Task | undefined, isListed: boolean): TagWrite[] =>
  (task?.tags ?? []).flatMap((tag) =>
    task === undefined
      ? []
      : [{ entry: { tenantId: task.tenantId, tag, order: orderOf(task), id: task.id }, isListed }],
  );

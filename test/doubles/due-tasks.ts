import type { DueTask, DueTasks } from '../../functions/core/ports.ts';

const PAGE_TASKS = 1_000;

/** Returns all tasks that are due, as one who walks the index finds them. */
export const dueTasks = (due: Pick<DueTasks, 'due'>, now: number): Promise<DueTask[]> =>
  allOf(due.due(now, PAGE_TASKS));

/** Returns all tasks of a type that are held. */
export const heldTasks = (due: Pick<DueTasks, 'held'>, type: string, now: number): Promise<DueTask[]> =>
  allOf(due.held(type, now, PAGE_TASKS));

/** Returns the first page of such a walk. */
export async function firstPage(pages: AsyncIterable<readonly DueTask[]>): Promise<readonly DueTask[]> {
  for await (const page of pages) return page;
  return [];
}

async function allOf(pages: AsyncIterable<readonly DueTask[]>): Promise<DueTask[]> {
  const all: DueTask[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

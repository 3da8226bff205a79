import type { Log } from '../core/ports.ts';
import { type TagIndex, type TagWrite, tagWritesOf } from '../core/task/tag-index.ts';
import type { TaskChange } from '../core/task/task-change.ts';

export type TagPorts = { readonly tags: TagIndex; readonly log: Log };

/**
 * Lists tasks under their tags as their rows come, and takes them off as the rows go; returns the changes that have to come again. Each
 * write says how its entry is to be, so that twice is as good as once. Of several for one entry the last decides.
 */
export async function indexTags(
  changes: readonly TaskChange[],
  { tags, log }: TagPorts,
): Promise<ReadonlySet<TaskChange>> {
  const last = new Map<string, { readonly write: TagWrite; readonly change: TaskChange }>();
  for (const change of changes) {
    for (const write of tagWritesOf(change)) last.set(JSON.stringify(write.entry), { write, change });
  }
  if (last.size === 0) return new Set();
  try {
    await tags.write([...last.values()].map(({ write }) => write));
    return new Set();
  } catch (error) {
    log('warn', 'tags not indexed: their batch will come again', { entries: last.size, reason: String(error) });
    return new Set([...last.values()].map(({ change }) => change));
  }
}

import { chunksOf } from '../core/chunks-of.ts';
import { type BatchTaskDefinition, findBatchDefinition, type TaskCatalog } from '../core/define-task.ts';
import type { TaskSeed } from '../core/task.ts';

/** What runs together: tasks of one type that runs in batches, or one task of any other, without a definition. */
export type Run<Arrival> = { readonly arrivals: readonly Arrival[]; readonly definition?: BatchTaskDefinition };

/**
 * Cuts what has arrived into runs. A batch is of one tenant: what a handler makes of the tasks of one, an error that an
 * endpoint answers with for instance, is not for the eyes of another.
 */
export async function runsOf<Arrival extends { readonly task: TaskSeed }>(
  arrivals: readonly Arrival[],
  { catalog }: { readonly catalog: TaskCatalog },
): Promise<Run<Arrival>[]> {
  const types = [...new Set(arrivals.map(({ task }) => task.type))];
  const definitions = new Map(
    await Promise.all(types.map(async (type) => [type, await findBatchDefinition(catalog, type)] as const)),
  );
  const alone = arrivals.filter(({ task }) => definitions.get(task.type) === undefined);
  const groups = Map.groupBy(arrivals, ({ task }) => `${task.type}\n${task.tenantId}`);
  const batches = [...groups.values()].flatMap((group) => {
    const definition = definitions.get(group[0]?.task.type ?? '');
    return definition === undefined ? [] : cut(group, definition);
  });
  return [...alone.map((arrival) => ({ arrivals: [arrival] })), ...batches];
}

const cut = <Arrival>(group: readonly Arrival[], definition: BatchTaskDefinition): Run<Arrival>[] =>
  chunksOf(group, definition.batch.maxSize).map((arrivals) => ({ arrivals, definition }));

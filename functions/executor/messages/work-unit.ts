import { chunksOf } from '../../core/concurrency.ts';
import type { BatchTaskDefinition, TaskCatalog } from '../../core/define-task.ts';
import { findBatchDefinition } from '../../core/definition/find-definition.ts';
import type { DeliveredTask } from './delivery.ts';

/** What runs together: tasks of one type that runs in batches, or one task of any other type, without a definition. */
export type WorkUnit = { readonly delivered: readonly DeliveredTask[]; readonly definition?: BatchTaskDefinition };

/**
 * Groups tasks into units, in the order in which they are to begin. A batch is of one tenant: what a handler makes of the
 * tasks of one, an error that an endpoint answers with for instance, is not for the eyes of another.
 */
export async function groupIntoUnits(
  delivered: readonly DeliveredTask[],
  { catalog }: { readonly catalog: TaskCatalog },
): Promise<WorkUnit[]> {
  const types = [...new Set(delivered.map(({ task }) => task.type))];
  const definitions = new Map(
    await Promise.all(types.map(async (type) => [type, await findBatchDefinition(catalog, type)] as const)),
  );
  const singles = delivered.filter(({ task }) => definitions.get(task.type) === undefined);
  const groups = Map.groupBy(delivered, ({ task }) => `${task.type}\n${task.tenantId}`);
  const batches = [...groups.values()].flatMap((group) => {
    const definition = definitions.get(group[0]?.task.type ?? '');
    return definition === undefined ? [] : cutIntoBatches(group, definition);
  });
  return inTenantTurns([...singles.map((single) => ({ delivered: [single] })), ...batches]);
}

const cutIntoBatches = (group: readonly DeliveredTask[], definition: BatchTaskDefinition): WorkUnit[] =>
  chunksOf(group, definition.batch.maxSize).map((delivered) => ({ delivered, definition }));

/** Lets tenants take turns, so that the many tasks of one do not hold every place while those of another wait behind. */
function inTenantTurns(units: readonly WorkUnit[]): WorkUnit[] {
  const turns = [...Map.groupBy(units, ({ delivered }) => delivered[0]?.task.tenantId).values()].flatMap((group) =>
    group.map((unit, turn) => ({ unit, turn })),
  );
  return turns.toSorted((a, b) => a.turn - b.turn).map(({ unit }) => unit);
}

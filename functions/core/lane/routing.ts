import { hash } from 'node:crypto';
import { executorKeyOf, type Priority } from '../../contract.ts';
import { classOf, type DeployedClasses, deliveryClassOf, WEBHOOK_TYPE } from '../../resource-classes.ts';
import type { TaskCatalog, TaskDefinition } from '../define-task.ts';
import { findDefinition } from '../definition/find-definition.ts';
import type { TaskSeed } from '../task/task.ts';
import { laneOf } from './lane.ts';

/**
 * Chooses the shard of a key by rendezvous hashing: the one whose hash with the key is the greatest. Going from n to n + 1
 * shards moves 1/(n + 1) of the keys, all of them to the new shard.
 */
export function shardOf(key: string, shards: number): number {
  let winner = 0;
  let greatest = -1;
  for (let shard = 0; shard < shards; shard++) {
    if (shards === 1) break;
    const weight = hash('sha256', `${shard}\n${key}`, 'buffer').readUIntBE(0, 6);
    if (weight > greatest) {
      winner = shard;
      greatest = weight;
    }
  }
  return winner;
}

/** Returns which executor shard runs a task: a workflow's tasks, or a tenant's tasks of one type, stay together. */
const executorShardOf = (
  { tenantId, type, workflowInstanceId }: { tenantId: string; type: string; workflowInstanceId?: string | undefined },
  shards: number,
): number => shardOf(workflowInstanceId ?? `${tenantId}\n${type}`, shards);

/** Returns the executor key of a task: its class, the lane that its type or priority says, and its shard. */
export function executorKeyFor(
  { type, resources, batch }: Pick<TaskDefinition, 'type' | 'resources' | 'batch'>,
  { priority, ...owner }: { priority: Priority; tenantId: string; workflowInstanceId?: string | undefined },
  classes: DeployedClasses,
): string {
  const lane = batch === undefined ? priority : 'batch';
  return executorKeyOf(resources, lane, executorShardOf({ type, ...owner }, classOf(classes, resources).shards));
}

/**
 * Returns the executor key of a delivery on a lane of a class that delivers no more: a deployment has been given a class since, or
 * has one no more, where deliveries rather go. `undefined` for any other task.
 */
export function strayDeliveryKey(task: TaskSeed, classes: DeployedClasses): string | undefined {
  if (task.type !== WEBHOOK_TYPE) return undefined;
  const resources = deliveryClassOf(classes);
  return laneOf(task.executorKey).resourceClass === resources
    ? undefined
    : executorKeyFor({ type: task.type, resources }, task, classes);
}

/**
 * Returns the executor key for a task that was given one a while ago: the lane of a shard that is gone has given way to another,
 * and that of a class to the one which its type has now. A task of a type that is gone as well goes to any class, whose executor
 * ends it.
 */
export async function presentExecutorKey(
  task: TaskSeed,
  { classes, catalog }: { readonly classes: DeployedClasses; readonly catalog: TaskCatalog },
): Promise<string> {
  const strayed = strayDeliveryKey(task, classes);
  if (strayed !== undefined) return strayed;
  const { resourceClass, kind, shard } = laneOf(task.executorKey);
  const deployed = classes[resourceClass];
  if (deployed === undefined) {
    // Of a definition that is broken, the executor says so.
    const definition = await findDefinition(catalog, task.type).catch(() => undefined);
    if (definition !== undefined) return executorKeyFor(definition, task, classes);
    return executorKeyOf(Object.keys(classes)[0] ?? resourceClass, task.priority, 0);
  }
  return shard < deployed.shards
    ? task.executorKey
    : executorKeyOf(resourceClass, kind, executorShardOf(task, deployed.shards));
}

/** Returns which table gets a new task. A task with an idempotency key must be found by its tenant and key alone. */
export const newTableShardOf = (
  { tenantId, workflowInstanceId }: { tenantId: string; workflowInstanceId?: string | undefined },
  isKeyed: boolean,
  tableShards: number,
): number => shardOf(isKeyed ? tenantId : (workflowInstanceId ?? tenantId), tableShards);

/** Returns the shards of a key while there were fewer of them, the latest first, without its present one. */
export function formerShardsOf(key: string, shards: number): number[] {
  const homes = new Set<number>();
  for (let fewer = shards; fewer >= 1; fewer--) homes.add(shardOf(key, fewer));
  return [...homes].slice(1);
}

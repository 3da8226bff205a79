import { type LaneKind, MAX_MESSAGES_WITHOUT_WINDOW, type ResourceClass } from '../../functions/contract.ts';
import { classOf, type DeployedClasses } from '../../functions/resource-classes.ts';
import type { TaskMetadata } from '../task-metadata.ts';

/** An event source of SQS gathers for so long at most ("CreateEventSourceMapping"). */
export const MAX_WINDOW_SECONDS = 300;

/** What an event source gathers before it calls the executor: so many messages, or what has come in so many seconds. */
export type BatchWindow = { readonly messages: number; readonly windowSeconds: number };

/**
 * A batch lane gathers as many messages as the largest batch of its types, since each may hold one task; the executor cuts
 * what is more. It waits no longer than the type that waits least, so that a task waits as long as its own type says.
 */
export function batchWindowOf(
  kind: LaneKind,
  resourceClass: ResourceClass,
  classes: DeployedClasses,
  definitions: readonly Pick<TaskMetadata, 'resources' | 'batch'>[],
): BatchWindow {
  const batches = definitions.flatMap(({ resources, batch }) =>
    kind === 'batch' && resources === resourceClass && batch !== undefined ? [batch] : [],
  );
  if (batches.length === 0) {
    return { messages: classOf(classes, resourceClass).concurrencyPerInvocation, windowSeconds: 0 };
  }
  const messages = Math.max(...batches.map(({ maxSize }) => maxSize));
  const shortest = Math.min(...batches.map(({ windowSeconds }) => windowSeconds));
  return { messages, windowSeconds: messages > MAX_MESSAGES_WITHOUT_WINDOW ? Math.max(1, shortest) : shortest };
}

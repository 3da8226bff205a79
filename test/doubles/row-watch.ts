import { isFinished, subtaskIdsOf, type Task } from '../../functions/core/task/task.ts';
import type { World } from './world.ts';

/** Watches the rows of a world, and notes every change that none of them may ever make. */
export function watchRows(world: World) {
  const { store } = world.ports;
  const rows = new Map<string, Task>();
  /** These tasks may be queued again once more: a tenant has asked for it. */
  const retried = new Set<string>();
  const late = new Set<string>();
  const violations: string[] = [];
  const isOrphan = ({ parent }: Task): boolean => {
    const found = parent === undefined ? undefined : rows.get(parent.id);
    return found !== undefined && isFinished(found) && found.fanOut?.attempt === parent?.attempt;
  };
  /** A part may run again for its parent, which was retried and waits anew. */
  const isTakenOver = (before: Task, after: Task): boolean =>
    (before.parent?.attempt ?? 0) < (after.parent?.attempt ?? 0) &&
    rows.get(after.parent?.id ?? '')?.fanOut?.attempt === after.parent?.attempt;
  store.watch = (before, after) => {
    const isMade = before === undefined || (isFinished(before) && isTakenOver(before, after));
    if (isMade && isOrphan(after)) late.add(after.id);
    const violation = before === undefined ? undefined : violationOf(before, after);
    if (violation !== undefined) violations.push(`${after.type} ${after.id}: ${violation}`);
    rows.set(after.id, after);
  };

  function violationOf(before: Task, after: Task): string | undefined {
    const became = `${before.status} (attempt ${before.attempt}) became ${after.status} (${after.attempt})`;
    const isClaim = after.status === 'running' && !('leaseToken' in before && before.leaseToken === after.leaseToken);
    if (after.attempt > after.maxAttempts) return `${became}, and may have ${after.maxAttempts} attempts`;
    if (after.attempt !== before.attempt + (isClaim ? 1 : 0)) return became;
    if (isFinished(before)) {
      const isAmended = after.status === before.status && retried.has(after.id);
      const isRetried = after.status === 'queued' && (isTakenOver(before, after) || retried.delete(after.id));
      return isAmended || isRetried ? undefined : became;
    }
    if (isClaim && before.status === 'running' && before.leaseExpiresAt > world.now) {
      return 'was claimed while a lease was valid';
    }
    if (before.status !== 'waiting' || after.status !== 'queued') return undefined;
    const open = subtaskIdsOf(before).filter((id) => !hasEnded(rows.get(id)));
    return open.length === 0 ? undefined : `goes on before ${open.length} of its parts have ended`;
  }

  /** Returns the parts that could still begin though their parent has ended, but for those that were made so late. */
  const orphans = (): string[] =>
    [...rows.values()]
      .filter((task) => !isFinished(task) && task.status !== 'running' && isOrphan(task) && !late.has(task.id))
      .map(({ type, id, status }) => `${status} ${type} ${id}`);

  /** Notes from now on who settles a task whose lease is another's. */
  const watchSettlements = (): void => {
    const settle = store.settle.bind(store);
    store.settle = async (task, ...more) => {
      const before = rows.get(task.id);
      const result = await settle(task, ...more);
      if (result === 'settled' && before?.status === 'running' && before.leaseToken !== task.leaseToken) {
        violations.push(
          `${task.type} ${task.id}: attempt ${task.attempt} settled what attempt ${before.attempt} holds`,
        );
      }
      return result;
    };
  };

  return { rows, violations, retried, orphans, watchSettlements };
}

const hasEnded = (task: Task | undefined): boolean => task !== undefined && isFinished(task);

/** Returns a task, and all that it is a part of. */
export function lineOf(task: Task, rows: ReadonlyMap<string, Task>): Task[] {
  const parent = task.parent && rows.get(task.parent.id);
  return parent === undefined ? [task] : [task, ...lineOf(parent, rows)];
}

/** No task of a history has more attempts. */
const MOST_ATTEMPTS = 30;

/** Returns what is still kept of tasks that were deleted, and of all that was a part of them. */
export async function remainsOf(
  deletedIds: ReadonlySet<string>,
  rows: ReadonlyMap<string, Task>,
  { ports: { store, fanOuts, history }, now }: World,
): Promise<string[]> {
  const left: string[] = [];
  for (const task of rows.values()) {
    const { tenantId, id, type } = task;
    if (!lineOf(task, rows).some((one) => deletedIds.has(one.id))) continue;
    if ((await store.get(tenantId, id, now)) !== undefined) left.push(`${type} ${id}`);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      if ((await fanOuts.opened({ tenantId, id, attempt })) !== undefined) left.push(`fan-out ${attempt} of ${id}`);
    }
    left.push(...(await history.entries(tenantId, id)).map(({ key }) => `${key} of ${id}`));
  }
  return left;
}

import { compact } from '../../core/compact.ts';
import type { AttemptUsage } from '../../core/ports.ts';
import type { TaskUsage } from '../../core/task/task-change.ts';
import { n, type Row } from './requests/row.ts';

/** Returns what a submit with others adds to the row of its task for the sake of its cost. */
export const togetherAttributes = (submittedTogether: number | undefined): Row =>
  submittedTogether === undefined || submittedTogether === 1 ? {} : { together: n(submittedTogether) };

/** Returns what a settlement adds to the row of its task to say what the attempt took. The end of a task that ended is there. */
export const usageAttributes = (usage: AttemptUsage | undefined, goesOn: boolean): Row =>
  usage === undefined
    ? {}
    : { executorMs: n(usage.executorMilliseconds), ...(goesOn && { attemptEndedAt: n(usage.endedAt) }) };

/** Reads what the images of a row, before and after a change, tell of what the change took. Nothing is before a new row. */
export function usageOfRows(before: Row | undefined, after: Row): TaskUsage {
  const { together, executorMs, attemptEndedAt } = after;
  return compact({
    submittedTogether: Number(together?.N ?? 1),
    executorMilliseconds: numberIn(executorMs),
    attemptEndedAt: numberIn(attemptEndedAt),
    writeUnits: writeUnitsOf(before, after),
  });
}

const numberIn = (value: Row[string] | undefined): number | undefined =>
  value?.N === undefined ? undefined : Number(value.N);

/** Every task is in these indexes from the first, and in the others where it has what they list by. */
const INDEXES_OF_ALL = 2;
const SPARSE = ['assigneeType', 'workflowInstanceId', 'dueShard'];

/** A row has less than 1 KB, and each entry that comes, goes or moves is a unit, or two (DynamoDB, "Consumption of write units"). */
function writeUnitsOf(before: Row | undefined, after: Row): number {
  const isNew = (name: string): number => Number(before?.[name] === undefined && after[name] !== undefined);
  const payloads = isNew('inputRef') + isNew('outputRef') + isNew('onEndRef');
  if (before === undefined) {
    const sparse = SPARSE.filter((name) => after[name] !== undefined).length;
    // The entries of its tags are written now, and removed when nobody reckons any more.
    const tags = after.tags?.S === undefined ? 0 : 2 * after.tags.S.split(' ').length;
    return 1 + INDEXES_OF_ALL + sparse + payloads + tags;
  }
  const moved = before.statusGroup?.S === after.statusGroup?.S ? 0 : 2;
  const wasDue = before.dueShard !== undefined;
  const isDue = after.dueShard !== undefined;
  const due = wasDue && isDue ? (before.dueAt?.N === after.dueAt?.N ? 0 : 2) : Number(wasDue !== isDue);
  const failure = Number((before.errorCode === undefined) !== (after.errorCode === undefined));
  return 1 + moved + due + failure + payloads;
}

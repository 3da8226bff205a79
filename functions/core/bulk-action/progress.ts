import type { TaskId, TaskOrder } from '../task/ids.ts';
import type { BulkProgress, Refusal, RefusalCode, Refusals } from './bulk-action.ts';

/** What has come of one task. */
export type BulkOutcome = { readonly id: TaskId; readonly refusal?: RefusalCode };

/** A refusal names so many of its tasks, for people to look at. */
const MAX_EXAMPLES = 5;

/** Adds what a page of the count has found. */
export const withCounted = (progress: BulkProgress, matched: number, next: TaskOrder | undefined): BulkProgress =>
  next === undefined
    ? { ...progress, matched: progress.matched + matched, phase: 'working', after: undefined }
    : { ...progress, matched: progress.matched + matched, after: next };

/** Notes the tasks that are next, before anything is done to them. */
export const withPending = (
  progress: BulkProgress,
  pending: readonly TaskId[],
  next: TaskOrder | undefined,
): BulkProgress => ({ ...progress, pending, after: next, isRead: next === undefined });

/** Adds up what has come of the tasks that were next. */
export function withOutcomes(progress: BulkProgress, outcomes: readonly BulkOutcome[]): BulkProgress {
  let { done, refusals } = progress;
  for (const { id, refusal } of outcomes) {
    if (refusal === undefined) done++;
    else refusals = { ...refusals, [refusal]: withExample(refusals[refusal], id) };
  }
  return { ...progress, done, refusals, pending: [] };
}

const withExample = ({ count, exampleIds }: Refusal = { count: 0, exampleIds: [] }, id: TaskId): Refusal => ({
  count: count + 1,
  exampleIds: exampleIds.length < MAX_EXAMPLES ? [...exampleIds, id] : exampleIds,
});

/** Counts the tasks that it could not be done to. */
export const refusedIn = (refusals: Refusals): number =>
  Object.values(refusals).reduce((sum, refusal) => sum + refusal.count, 0);

/**
 * Ends a bulk action that has come to its end. What was counted and was not found again has become something else by the hand of
 * others; what was found and not counted was not in its index yet. Either way the account adds up.
 */
export function ended(progress: BulkProgress): BulkProgress {
  const { matched, done, refusals } = progress;
  const found = done + refusedIn(refusals);
  const lost = matched - found;
  return {
    ...progress,
    phase: 'ended',
    matched: Math.max(matched, found),
    refusals: lost > 0 ? { ...refusals, no_longer_matching: { count: lost, exampleIds: [] } } : refusals,
  };
}

/** Adds what is not known of the last step, where nobody goes on with it any more. */
export const abandoned = (progress: BulkProgress): BulkProgress =>
  withOutcomes(
    progress,
    progress.pending.map((id) => ({ id, refusal: 'interrupted' })),
  );

/** Returns how far it is, from 0 to 1: the count is no part of it. */
export const fractionOf = ({ matched, done, refusals, phase }: BulkProgress): number =>
  phase === 'counting' || matched === 0 ? 0 : Math.min(1, (done + refusedIn(refusals)) / matched);

import type { BulkAction, BulkVerb } from '../api/bulk-action.ts';
import { counted, countText } from '../model/format.ts';

/** What a verb makes of a task. */
export const PARTICIPLES: Readonly<Record<BulkVerb, string>> = {
  retry: 'retried',
  cancel: 'cancelled',
  delete: 'deleted',
};

/** Writes a word as a title does. */
export const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Names a bulk action by what it does: `Retry of 300 tasks`. */
export function titleOf({ action, isCounted, counts }: BulkAction): string {
  const verb = capitalized(action);
  return isCounted ? `${verb} of ${counted(counts.matched, 'task')}` : verb;
}

/** Shows the filter of a bulk action, a field and its value after the other. */
export const FilterText = ({ filter }: Pick<BulkAction, 'filter'>) => (
  <span class="filter-text">
    {Object.entries(filter).map(([name, value]) => (
      <code key={name}>{`${name}: ${value}`}</code>
    ))}
  </span>
);

/** Shows how far a bulk action is. */
export function BulkProgress({ action: { isCounted, counts } }: { action: BulkAction }) {
  const { matched, done, refused } = counts;
  const shown = matched === 0 ? 1 : done + refused;
  const text = isCounted
    ? `${countText(done + refused)} of ${countText(matched)}`
    : `${countText(matched)} counted so far`;
  return (
    <div class="progress">
      <progress aria-label="Progress" max={Math.max(1, matched)} value={isCounted ? shown : undefined} />
      <span>{text}</span>
    </div>
  );
}

/** Shows how a bulk action is, by word and colour; what is aborted is as what is cancelled. */
export function BulkBadge({ action: { status, abortRequestedAt } }: { action: BulkAction }) {
  const isEnding = status === 'running' && abortRequestedAt !== undefined;
  return (
    <span class={`badge status-${status === 'aborted' ? 'cancelled' : status}`}>{isEnding ? 'is to end' : status}</span>
  );
}

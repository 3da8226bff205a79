import type { BulkAction, BulkVerb } from '../api/bulk-action.ts';
import { counted, countText, duration, moment } from '../model/format.ts';
import { FILTER_LABELS, FILTERS, type TaskFilter } from '../model/route.ts';

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
export const FilterText = ({ filter }: { filter: TaskFilter }) => (
  <span class="filter-text">
    {FILTERS.map((name) => {
      const value = filter[name];
      if (value === undefined) return null;
      return (
        <span key={name}>
          <span class="muted">{FILTER_LABELS[name]}</span>{' '}
          <code>{name === 'createdFrom' || name === 'createdTo' ? moment(Date.parse(value)) : value}</code>
        </span>
      );
    })}
  </span>
);

/** Returns how many tasks of a bulk action it has not come to. */
export const leftOf = ({ counts: { matched, done, refused } }: BulkAction): number => matched - done - refused;

/** Shows how far a bulk action is. */
export function BulkProgress({ action }: { action: BulkAction }) {
  const { matched } = action.counts;
  const left = leftOf(action);
  const shown = matched === 0 ? 1 : matched - left;
  const time = action.status === 'running' && left > 0 ? duration((1000 * left) / action.ratePerSecond) : undefined;
  const text = action.isCounted
    ? `${countText(matched - left)} of ${countText(matched)}${time === undefined ? '' : `, some ${time} left`}`
    : `${countText(matched)} counted so far`;
  return (
    <div class="progress">
      <progress aria-label="Progress" max={Math.max(1, matched)} value={action.isCounted ? shown : undefined} />
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

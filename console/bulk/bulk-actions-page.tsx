import { type BulkAction, bulkActionPageSchema } from '../api/bulk-action.ts';
import { call } from '../api/call.ts';
import { countText } from '../model/format.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { Ago, Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';
import { BulkBadge, FilterText, titleOf } from './bulk-elements.tsx';

const REFRESH_SECONDS = 5;

/** Shows what was done to all tasks that fit a filter, the newest first. */
export function BulkActionsPage() {
  const paging = usePaging('bulk-actions');
  const path = `api/bulk-actions${queryOf({ limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, bulkActionPageSchema, { signal }), REFRESH_SECONDS);
  return (
    <>
      <a class="back" href={hrefOf({ page: 'tasks', filter: {} })}>
        ← Tasks
      </a>
      <PageHeading title="Bulk actions" />
      <LiveContent live={page}>
        {({ items, nextCursor }) => (
          <>
            {items.length === 0 ? (
              <Empty title="There are no bulk actions.">
                <p class="muted">Narrow the list of tasks, and retry, cancel or delete all that match.</p>
                <a href={hrefOf({ page: 'tasks', filter: { status: 'failed' } })}>Show failed tasks</a>
              </Empty>
            ) : (
              <TableCard
                caption="Bulk actions, newest first"
                isCaptionUnseen
                columns={COLUMNS}
                rows={items}
                keyOf={({ id }) => id}
              />
            )}
            <Pages paging={paging} next={nextCursor} before="Newer" behind="Older" />
          </>
        )}
      </LiveContent>
    </>
  );
}

const COLUMNS: readonly Column<BulkAction>[] = [
  {
    head: 'Bulk action',
    cell: (action) => (
      <>
        <a href={hrefOf({ page: 'bulk-action', id: action.id })}>{titleOf(action)}</a>
        <FilterText filter={action.filter} />
      </>
    ),
  },
  { head: 'Status', cell: (action) => <BulkBadge action={action} /> },
  { head: 'Done', class: 'number', cell: ({ counts }) => countText(counts.done) },
  { head: 'Refused', class: 'wide number', cell: ({ counts }) => countText(counts.refused) },
  { head: 'Asked for', class: 'wide number', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

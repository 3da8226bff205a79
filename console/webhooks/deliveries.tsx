import { call } from '../api/call.ts';
import { type TaskSummary, taskPageSchema, taskSchema } from '../api/task.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Empty, StatusBadge } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

const REFRESH_SECONDS = 5;

type DeliveriesProps = {
  /** Whose deliveries these are: the API lists tasks by assignee. */
  readonly assignee: { readonly type: string; readonly id: string };
};

/** Shows deliveries, each of which is a task: how it went, and again where it has failed. */
export function Deliveries({ assignee }: DeliveriesProps) {
  const filter = queryOf({ assigneeType: assignee.type, assigneeId: assignee.id, limit: 25 });
  const paging = usePaging(filter);
  const path = `api/tasks${filter}${paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`}`;
  const page = useLive(path, (signal) => call(path, taskPageSchema, { signal }), REFRESH_SECONDS);
  const sendAgain = async ({ id }: TaskSummary): Promise<void> => {
    await call(`api/tasks/${encodeURIComponent(id)}/retry`, taskSchema, { method: 'POST' });
    announce('The delivery is sent again.');
    page.refresh();
  };
  return (
    <LiveContent live={page}>
      {({ items, nextCursor }) => (
        <>
          {items.length > 0 && (
            <TableCard
              class="deliveries"
              caption="Deliveries, newest first"
              isCaptionUnseen
              columns={columnsFor(sendAgain)}
              rows={items}
              keyOf={({ id }) => id}
            />
          )}
          {items.length === 0 && <Empty title="There are no deliveries here." />}
          <Pages paging={paging} next={nextCursor} before="Newer" behind="Older" />
        </>
      )}
    </LiveContent>
  );
}

const columnsFor = (sendAgain: (delivery: TaskSummary) => Promise<void>): readonly Column<TaskSummary>[] => [
  {
    head: 'Delivery',
    cell: ({ id, error }) => (
      <>
        <a href={hrefOf({ page: 'task', id })}>
          <code>{id}</code>
        </a>
        {error !== undefined && <span class="error-code">{error.code}</span>}
      </>
    ),
  },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { head: 'Try', class: 'wide number', cell: ({ attempt, maxAttempts }) => `${attempt} of ${maxAttempts}` },
  { head: 'Made', class: 'wide number', cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    head: 'Again',
    class: 'number',
    cell: (delivery) =>
      delivery.status === 'failed' || delivery.status === 'cancelled' ? (
        <ConfirmedAction
          label="Send again"
          of={delivery.id}
          question="Send this delivery again?"
          act={() => sendAgain(delivery)}
        >
          <p>Its receiver is told the same as before, under the same id, and tried as often as the first time.</p>
        </ConfirmedAction>
      ) : (
        <span class="muted">–</span>
      ),
  },
];

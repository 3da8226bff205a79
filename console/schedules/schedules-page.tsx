import { call } from '../api/call.ts';
import { isOfDefinition, type ScheduleSummary, schedulePageSchema } from '../api/schedule.ts';
import { READER_ZONE } from '../model/format.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { Ago, Empty, TypeName } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';
import { CadenceText, OutcomeBadge } from './schedule-elements.tsx';

const REFRESH_SECONDS = 10;

/** Shows the schedules of the tenant: when each fires, and what became of its latest firing. */
export function SchedulesPage() {
  const paging = usePaging('schedules');
  const path = `api/schedules${queryOf({ limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, schedulePageSchema, { signal }), REFRESH_SECONDS);
  return (
    <>
      <PageHeading title="Schedules">
        <a class="button primary" href={hrefOf({ page: 'schedule-form' })}>
          Make a schedule
        </a>
      </PageHeading>
      <LiveContent live={page}>
        {({ items, nextCursor }) => (
          <>
            {items.length > 0 && (
              <>
                <TableCard
                  class="schedules"
                  caption="Schedules"
                  isCaptionUnseen
                  columns={COLUMNS}
                  rows={items}
                  keyOf={({ id }) => id}
                />
                <p class="muted small more">
                  Times are shown in your time zone, {READER_ZONE}; a pattern counts in the zone beside it.
                </p>
              </>
            )}
            {items.length === 0 && <NoSchedules isFirst={paging.cursor === undefined} />}
            <Pages paging={paging} next={nextCursor} before="Previous" behind="Next" />
          </>
        )}
      </LiveContent>
    </>
  );
}

const NoSchedules = ({ isFirst }: { isFirst: boolean }) =>
  isFirst ? (
    <Empty title="There are no schedules yet.">
      <p class="muted">
        A schedule makes a task again and again. Those of definitions belong to the tenant that they name.
      </p>
      <a href={hrefOf({ page: 'schedule-form' })}>Make the first</a>
    </Empty>
  ) : (
    <Empty title="There are no more schedules." />
  );

const COLUMNS: readonly Column<ScheduleSummary>[] = [
  {
    head: 'Schedule',
    cell: (schedule) => (
      <>
        <a href={hrefOf({ page: 'schedule', id: schedule.id })}>
          {schedule.name === undefined ? <TypeName type={schedule.type} /> : <bdi>{schedule.name}</bdi>}
          {schedule.name !== undefined && <code>{schedule.type}</code>}
        </a>
        {schedule.paused && <span class="badge status-queued">paused</span>}
        {isOfDefinition(schedule) && <span class="badge">definition</span>}
      </>
    ),
  },
  { head: 'Fires', cell: (schedule) => <CadenceText of={schedule} /> },
  { head: 'Overlap', class: 'wide', cell: ({ overlap }) => overlap },
  {
    head: 'Next',
    class: 'number',
    cell: ({ nextTime }) => (nextTime === undefined ? <span class="muted">–</span> : <Ago at={nextTime} />),
  },
  { head: 'Last', class: 'wide', cell: (schedule) => <LastFiring of={schedule} /> },
];

function LastFiring({ of: { last, lastTaskId } }: { of: ScheduleSummary }) {
  if (last === undefined) return <span class="muted">none yet</span>;
  return (
    <>
      <OutcomeBadge outcome={last.outcome} />{' '}
      {lastTaskId === undefined ? (
        <Ago at={last.at} />
      ) : (
        <a href={hrefOf({ page: 'task', id: lastTaskId })}>
          <span class="unseen">Its task, </span>
          <Ago at={last.at} />
        </a>
      )}
    </>
  );
}

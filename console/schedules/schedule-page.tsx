import { call } from '../api/call.ts';
import { isOfDefinition, type Schedule, scheduleSchema } from '../api/schedule.ts';
import { counted, READER_ZONE } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { Ago, Empty, Fact, StatusBadge } from '../parts/elements.tsx';
import { JsonBlock } from '../parts/json-block.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { ScheduleActions } from './schedule-actions.tsx';
import { CadenceText, FiringTime, OutcomeBadge } from './schedule-elements.tsx';

const REFRESH_SECONDS = 5;

/** Shows everything that the API tells of one schedule. */
export function SchedulePage({ id }: { id: string }) {
  const path = `api/schedules/${encodeURIComponent(id)}`;
  const live = useLive(path, (signal) => call(path, scheduleSchema, { signal }), REFRESH_SECONDS);
  // What was there a moment ago is not to be acted upon.
  const isGone = live.data !== undefined && live.failure?.code === 'not_found';
  const schedule = isGone ? undefined : live.data;
  return (
    <>
      <a class="back" href={hrefOf({ page: 'schedules' })}>
        ← Schedules
      </a>
      <PageHeading title={live.data?.name ?? live.data?.type ?? 'Schedule'}>
        {schedule !== undefined && <ScheduleActions schedule={schedule} live={live} />}
      </PageHeading>
      {isGone ? (
        <Empty title="This schedule has been deleted.">
          <p class="muted">The tasks that it has made go on.</p>
        </Empty>
      ) : (
        <LiveContent live={live}>{(found) => <ScheduleDetail schedule={found} />}</LiveContent>
      )}
    </>
  );
}

const ScheduleDetail = ({ schedule }: { schedule: Schedule }) => (
  <div class="task">
    <section class="card">
      {schedule.paused && <p class="note">Paused: it does not fire until it is resumed.</p>}
      {isOfDefinition(schedule) && (
        <p class="note">
          It stands in the definition of its type: it is changed there, and deleted, with a deploy. Here it can be
          paused and run.
        </p>
      )}
      <dl class="facts">
        <Fact name="Type">
          <a href={hrefOf({ page: 'type', type: schedule.type })}>{schedule.type}</a>
        </Fact>
        <Fact name="Fires">
          <CadenceText of={schedule} />
        </Fact>
        <Fact name="While the task before runs">{OVERLAP_TEXTS[schedule.overlap] ?? schedule.overlap}</Fact>
        <Fact name="After an outage">{MISSED_TEXTS[schedule.missed] ?? schedule.missed}</Fact>
        <Fact name="Skipped so far">{counted(schedule.skipped, 'firing')}</Fact>
        <Fact name="Made">
          <Ago at={schedule.createdAt} />
        </Fact>
        <Fact name="Id">
          <code>{schedule.id}</code>
        </Fact>
      </dl>
    </section>
    <div class="columns">
      <NextTimes schedule={schedule} />
      <LastFiring schedule={schedule} />
    </div>
    <JsonBlock title="Input" value={schedule.input} />
  </div>
);

const OVERLAP_TEXTS: Readonly<Record<string, string>> = {
  queue: 'queue: there is one more',
  skip: 'skip: the firing is left out',
  cancel: 'cancel: it ends, and the next takes its place',
};

const MISSED_TEXTS: Readonly<Record<string, string>> = {
  latest: 'latest: one firing is made up for',
  all: 'all: each is made up for',
};

const NextTimes = ({ schedule: { nextTimes, timezone } }: { schedule: Schedule }) => (
  <section class="card" aria-labelledby="next-times">
    <h2 id="next-times">Next times</h2>
    {nextTimes.length === 0 ? (
      <p class="muted">None while it is paused.</p>
    ) : (
      <>
        <ol class="times">
          {nextTimes.map((at) => (
            <li key={at}>
              <FiringTime at={at} timezone={timezone} />
            </li>
          ))}
        </ol>
        <p class="muted small">In your time zone, {READER_ZONE}.</p>
      </>
    )}
  </section>
);

const LastFiring = ({ schedule: { last, lastTaskId, lastTaskStatus, timezone } }: { schedule: Schedule }) => (
  <section class="card" aria-labelledby="last-firing">
    <h2 id="last-firing">Latest firing</h2>
    {last === undefined ? (
      <p class="muted">It has not fired yet.</p>
    ) : (
      <dl class="facts">
        <Fact name="Outcome">
          <OutcomeBadge outcome={last.outcome} /> <Ago at={last.at} />
        </Fact>
        <Fact name="Was due">
          <FiringTime at={last.time} timezone={timezone} />
        </Fact>
        {last.reason !== undefined && <Fact name="Reason">{last.reason}</Fact>}
        {lastTaskId !== undefined && (
          <Fact name={last.outcome === 'fired' ? 'Its task' : 'The task before'}>
            <a href={hrefOf({ page: 'task', id: lastTaskId })}>
              <code>{lastTaskId}</code>
            </a>{' '}
            {lastTaskStatus === undefined ? (
              <span class="muted">is no longer kept</span>
            ) : (
              <StatusBadge status={lastTaskStatus} />
            )}
          </Fact>
        )}
      </dl>
    )}
  </section>
);

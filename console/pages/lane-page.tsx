import { call } from '../api/call.ts';
import { type DeadLetters, deadLettersSchema, type Lane, type Redriven, redrivenSchema } from '../api/lane.ts';
import { counted, duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { useLanes } from '../parts/deployment.ts';
import { Empty, Tile } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { DeadLetterTable } from './dead-letter-table.tsx';
import { AdmissionBadge } from './lanes-page.tsx';

/** Shows one lane, and its dead letters. */
export function LanePage({ name }: { name: string }) {
  const lanes = useLanes();
  const path = `api/lanes/${encodeURIComponent(name)}`;
  // Looking at dead letters takes them away from everyone for a moment, so it is not done again and again.
  const letters = useLive<DeadLetters>(
    path,
    (signal) => call(`${path}/dead-letters`, deadLettersSchema, { signal }),
    0,
  );
  const redrive = async (): Promise<void> => {
    announce(saying(await call(`${path}/redrive`, redrivenSchema, { method: 'POST' })));
    letters.refresh();
    lanes.refresh();
  };
  const lane = lanes.data?.find((one) => one.name === name);
  const isEmpty = letters.data?.items.length === 0 && !letters.data.hasMore;
  return (
    <>
      <a class="back" href={hrefOf({ page: 'lanes' })}>
        ← Lanes
      </a>
      <PageHeading title={name} />
      {lane !== undefined && <LaneFacts lane={lane} />}
      <div class="page-heading">
        <h2>Dead letters</h2>
        <div class="actions">
          <button type="button" onClick={letters.refresh}>
            Look again
          </button>
          {letters.data !== undefined && !isEmpty && (
            <ConfirmedAction label="Redrive" question="Send the dead letters to their lane again?" act={redrive}>
              <p>
                Your tenant's; with a key of the scope platform, those of all. A task that has ended in the meantime
                does not run again.
              </p>
            </ConfirmedAction>
          )}
        </div>
      </div>
      <p class="muted about">
        A dead letter is a message that no executor could make anything of, or bring to an end. A task that has failed
        is none: it is in the <a href={hrefOf({ page: 'tasks', filter: { status: 'failed' } })}>list of tasks</a>.
      </p>
      <LiveContent live={letters} loading="Looking for dead letters, which may take some seconds…">
        {({ items, hasMore, isAnotherUnderWay }) => (
          <>
            {items.length > 0 && <DeadLetterTable lane={name} letters={items} />}
            {hasMore && <p class="muted more">{isAnotherUnderWay ? UNDER_WAY : moreThan(items.length)}</p>}
            {isEmpty && <Empty title="This lane has no dead letters." />}
          </>
        )}
      </LiveContent>
    </>
  );
}

const moreThan = (count: number): string =>
  count === 0 ? 'There are some, but none could be read: look again.' : 'There are more than these.';

const LaneFacts = ({ lane }: { lane: Lane }) => (
  <>
    <dl class="tiles">
      <Tile name="Waiting" value={String(lane.depth)} />
      <Tile name="In flight" value={String(lane.inFlight)} />
      <Tile name="Executors, at most" value={String(lane.maxConcurrency)} />
      <Tile
        name="Estimated wait"
        value={lane.estimatedWaitSeconds === null ? '–' : duration(lane.estimatedWaitSeconds * 1000)}
      />
    </dl>
    <p class="admission">
      Admission: <AdmissionBadge admission={lane.admission} />
    </p>
  </>
);

const UNDER_WAY = 'Somebody else is looking at dead letters or redrives them: look again in a minute.';

function saying({ tasks, unreadable, refused, ofOthers, hasMore, isAnotherUnderWay }: Redriven): string {
  const stayed = unreadable + refused;
  return [
    `${counted(tasks, 'task')} sent again.`,
    stayed === 0 ? '' : `${counted(stayed, 'message')} could not be.`,
    ofOthers === 0 ? '' : `${counted(ofOthers, 'message')} of other tenants stayed: that takes the scope platform.`,
    isAnotherUnderWay ? UNDER_WAY : hasMore ? 'There are more: redrive again.' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

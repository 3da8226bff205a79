import { type BulkAction, bulkActionSchema } from '../api/bulk-action.ts';
import { call } from '../api/call.ts';
import { counted, countText } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Fact, Tile } from '../parts/elements.tsx';
import { type Live, useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';
import { BulkBadge, BulkProgress, capitalized, FilterText, leftOf, PARTICIPLES, titleOf } from './bulk-elements.tsx';

const REFRESH_SECONDS = 2;

/** Shows how far a bulk action is, and what it could not be done to. It is loaded until it has ended. */
export function BulkActionPage({ id }: { id: string }) {
  const path = `api/bulk-actions/${encodeURIComponent(id)}`;
  const load = (signal: AbortSignal): Promise<BulkAction> => call(path, bulkActionSchema, { signal });
  const live = useLive(path, load, ({ status }) => (status === 'running' ? REFRESH_SECONDS : 0));
  return (
    <>
      <a class="back" href={hrefOf({ page: 'bulk-actions' })}>
        ← Bulk actions
      </a>
      <PageHeading title={live.data === undefined ? 'Bulk action' : titleOf(live.data)}>
        {live.data?.status === 'running' && live.data.abortRequestedAt === undefined && (
          <Abort path={path} live={live} verb={live.data.action} />
        )}
      </PageHeading>
      <LiveContent live={live}>
        {(action) => (
          <>
            <dl class="tiles">
              <Tile name="Matched" value={countText(action.counts.matched)} />
              <Tile name={capitalized(PARTICIPLES[action.action])} value={countText(action.counts.done)} />
              <Tile name="Refused" value={countText(action.counts.refused)} isBad={action.counts.refused > 0} />
              {action.status !== 'running' && leftOf(action) > 0 && (
                <Tile name="Left as they were" value={countText(leftOf(action))} />
              )}
            </dl>
            {action.status === 'failed' && (
              <p class="note">
                It could not be brought to its end. <a href={hrefOf({ page: 'task', id: action.taskId })}>Its task</a>{' '}
                says why; what is left can be asked for again.
              </p>
            )}
            <BulkFacts action={action} />
            {action.refusals.length > 0 && <Refusals action={action} />}
          </>
        )}
      </LiveContent>
    </>
  );
}

function Abort({ path, live, verb }: { path: string; live: Live<BulkAction>; verb: BulkAction['action'] }) {
  const abort = async (): Promise<void> => {
    live.put(await call(`${path}/abort`, bulkActionSchema, { method: 'POST' }));
    announce('The bulk action is to end.');
    live.refresh();
  };
  return (
    <ConfirmedAction label="Abort" isDangerous question="Abort this bulk action?" act={abort}>
      <p>It ends within some seconds. The tasks that it has {PARTICIPLES[verb]} stay so.</p>
    </ConfirmedAction>
  );
}

const BulkFacts = ({ action }: { action: BulkAction }) => (
  <section class="card">
    <BulkProgress action={action} />
    <dl class="facts">
      <Fact name="Status">
        <BulkBadge action={action} />
      </Fact>
      <Fact name="Filter">
        <FilterText filter={action.filter} />
      </Fact>
      <Fact name="Rate">{counted(action.ratePerSecond, 'task')} a second at most</Fact>
      <Fact name="Asked for">
        <Ago at={action.createdAt} />
      </Fact>
      {action.finishedAt !== undefined && (
        <Fact name="Ended">
          <Ago at={action.finishedAt} />
        </Fact>
      )}
      <Fact name="Task">
        <a href={hrefOf({ page: 'task', id: action.taskId })}>
          <code>{action.taskId}</code>
        </a>
      </Fact>
    </dl>
  </section>
);

/** What a code says, for people. */
const REASONS: Readonly<Record<string, string>> = {
  invalid_status: 'It had become something else when its turn came.',
  subtask: 'It is a subtask: act on its parent.',
  input_missing: 'Its input is not kept any more.',
  not_found: 'It is gone.',
  no_longer_matching: 'It was counted, and did not match any more when its turn came.',
  unavailable: 'A part of the platform did not answer, several times.',
  interrupted: 'The bulk action ended in the midst of this step: it may have been done, or not.',
};

type Refusal = BulkAction['refusals'][number];

const Refusals = ({ action }: { action: BulkAction }) => (
  <section class="refused">
    <TableCard caption="Refused" columns={COLUMNS} rows={action.refusals} keyOf={({ code }) => code} />
  </section>
);

const COLUMNS: readonly Column<Refusal>[] = [
  {
    head: 'Why',
    cell: ({ code }) => (
      <>
        <code>{code}</code>
        <span class="muted reason">{REASONS[code]}</span>
      </>
    ),
  },
  { head: 'Tasks', class: 'number', cell: ({ count }) => countText(count) },
  {
    head: 'Such as',
    cell: ({ exampleIds }) => (
      <span class="examples">
        {exampleIds.map((id) => (
          <a key={id} href={hrefOf({ page: 'task', id })}>
            <code>{id}</code>
          </a>
        ))}
      </span>
    ),
  },
];

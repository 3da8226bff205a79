import { call, remove } from '../api/call.ts';
import { type Key, keyPageSchema } from '../api/key.ts';
import { counted, countText } from '../model/format.ts';
import { queryOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

const REFRESH_SECONDS = 30;

/** Shows the keys of the tenant: what each may do, and never a key. */
export function KeysPage() {
  const paging = usePaging('keys');
  const path = `api/keys${queryOf({ limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, keyPageSchema, { signal }), REFRESH_SECONDS);
  const revoke = async ({ id, name }: Key): Promise<void> => {
    await remove(`api/keys/${encodeURIComponent(id)}`);
    announce(`The key ${name} is revoked. It may be let in for a minute yet.`);
    page.refresh();
  };
  return (
    <>
      <PageHeading title="Keys" />
      <LiveContent live={page}>
        {({ items, nextCursor }) => (
          <>
            {items.length > 0 && (
              <TableCard
                class="keys"
                caption="Keys of the tenant, the oldest first"
                isCaptionUnseen
                columns={columnsFor(revoke)}
                rows={items}
                keyOf={({ id }) => id}
              />
            )}
            {items.length === 0 && <Empty title="There are no more keys." />}
            <Pages paging={paging} next={nextCursor} before="Older" behind="Newer" />
            <HowToMake tenantId={items[0]?.tenantId} />
          </>
        )}
      </LiveContent>
    </>
  );
}

const columnsFor = (revoke: (key: Key) => Promise<void>): readonly Column<Key>[] => [
  {
    head: 'Key',
    cell: ({ id, name }) => (
      <span class="named">
        <bdi>{name}</bdi>
        <code>{id}</code>
      </span>
    ),
  },
  { head: 'May', cell: ({ scopes }) => scopes.join(', ') },
  { head: 'Limits', class: 'wide', cell: limitsOf },
  { head: 'Created', class: 'wide number', cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    head: 'Revoke',
    class: 'number',
    cell: (key) => (key.isCaller ? <span class="badge">signed in</span> : <Revoke of={key} act={revoke} />),
  },
];

function limitsOf({ ratePerSecond, maxOpenTasks }: Key): string {
  const limits = [
    ratePerSecond === undefined ? undefined : `${counted(ratePerSecond, 'task')} a second`,
    maxOpenTasks === undefined ? undefined : `${countText(maxOpenTasks)} open`,
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? '–' : limits.join(', ');
}

const Revoke = ({ of, act }: { of: Key; act: (key: Key) => Promise<void> }) => (
  <ConfirmedAction label="Revoke" of={of.name} isDangerous question={`Revoke the key ${of.name}?`} act={() => act(of)}>
    <p>
      Whoever calls with it is refused from then on, at the latest after a minute, and it cannot be put back. Schedules
      that it made, and tasks that it submitted, go on.
    </p>
  </ConfirmedAction>
);

const HowToMake = ({ tenantId = '<tenant>' }: { tenantId: string | undefined }) => (
  <p class="muted small more">
    A key is made where the deployment is run:{' '}
    <code>npx millrace keys create --tenant {tenantId} --scopes submit,read</code>. It is shown once, and kept nowhere:
    what names it here is the beginning of its hash.
  </p>
);

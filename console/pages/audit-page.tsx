import { useState } from 'preact/hooks';
import { type Act, actPageSchema } from '../api/act.ts';
import { call } from '../api/call.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { Ago, Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

const REFRESH_SECONDS = 30;

type Asked = { readonly actor: string; readonly action: string };

/** Shows who did what as an operator or administrator: to a key with the scope admin. */
export function AuditPage() {
  const [asked, setAsked] = useState<Asked>({ actor: '', action: '' });
  const paging = usePaging(`audit ${asked.actor} ${asked.action}`);
  const path = `api/audit${queryOf({ ...asked, limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, actPageSchema, { signal }), REFRESH_SECONDS);
  return (
    <>
      <PageHeading title="Audit" />
      <search aria-label="Narrow the audit">
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
          <Text label="Key or subject" name="actor" onChange={(actor) => setAsked({ ...asked, actor })} />
          <Text label="Call" name="action" onChange={(action) => setAsked({ ...asked, action })} />
        </form>
      </search>
      <LiveContent live={page}>
        {({ items, nextCursor }) => (
          <>
            {items.length > 0 && (
              <TableCard
                class="audit"
                caption="What operators and administrators did in the last 30 days, the latest first"
                isCaptionUnseen
                columns={COLUMNS}
                rows={items}
                keyOf={({ time, requestId }) => `${time} ${requestId}`}
              />
            )}
            {items.length === 0 && (
              <Empty title="There is nothing.">
                <p>Calls that change something with the scopes operate, admin or platform are kept here.</p>
              </Empty>
            )}
            <Pages paging={paging} next={nextCursor} before="Newer" behind="Older" />
          </>
        )}
      </LiveContent>
    </>
  );
}

type TextProps = { readonly label: string; readonly name: string; readonly onChange: (text: string) => void };

const Text = ({ label, name, onChange }: TextProps) => (
  <label>
    {label}
    <input name={name} maxLength={200} onChange={(event) => onChange(event.currentTarget.value.trim())} />
  </label>
);

const COLUMNS: readonly Column<Act>[] = [
  {
    head: 'Call',
    cell: ({ action, resource }) => (
      <span class="named">
        {action}
        <Resource path={resource} />
      </span>
    ),
  },
  {
    head: 'By',
    class: 'actor',
    cell: ({ actor }) => (
      <>
        <code>{actor.id}</code> <span class="muted">{actor.kind}</span>
      </>
    ),
  },
  { head: 'Answer', class: 'wide number', cell: ({ outcome }) => outcome },
  { head: 'When', class: 'number', cell: ({ time }) => <Ago at={time} /> },
];

/** Leads to what is a task. */
function Resource({ path }: { path: string }) {
  const id = /^tasks\/([^/]+)/.exec(path)?.[1];
  if (id === undefined) return <code>{path}</code>;
  return (
    <a href={hrefOf({ page: 'task', id })}>
      <code>{path}</code>
    </a>
  );
}

import { type Act, actPageSchema } from '../api/act.ts';
import { call } from '../api/call.ts';
import { type AuditFilter, hrefOf, parseRoute, queryOf, type Route } from '../model/route.ts';
import { Ago, Empty } from '../parts/elements.tsx';
import { TextFilter, TimeFilter } from '../parts/filters.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { replaceRoute } from '../parts/navigation.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { EmptyPage, Pages, usePaging } from '../parts/pages.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

const REFRESH_SECONDS = 30;

/** Shows who did what as an operator or administrator: to a key with the scope admin. */
export function AuditPage({ filter }: { filter: AuditFilter }) {
  const filterQuery = queryOf(filter);
  const paging = usePaging(`audit ${filterQuery}`);
  const path = `api/audit${queryOf({ ...filter, limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, actPageSchema, { signal }), REFRESH_SECONDS);
  return (
    <>
      <PageHeading title="Audit" />
      <p class="muted about">
        Each call that changed something, or was to, by a key or token with the scope operate, admin or platform. It
        goes back 30 days, unless a time is given.
      </p>
      <AuditFilters filter={filter} shown={page.data?.items ?? []} />
      <LiveContent live={page}>
        {({ items, nextCursor }) => (
          <>
            {items.length > 0 ? (
              <TableCard
                class="audit"
                caption="Calls, the latest first"
                isCaptionUnseen
                columns={columnsFor(filter)}
                rows={items}
                keyOf={({ time, requestId }) => `${time} ${requestId}`}
              />
            ) : (
              <EmptyPage
                paging={paging}
                next={nextCursor}
                noun="call"
                isFiltered={filterQuery !== ''}
                all={hrefOf({ page: 'audit', filter: {} })}
              >
                <Empty title="Nothing was changed in the last 30 days.">
                  <p class="muted">What is older is found by a time.</p>
                </Empty>
              </EmptyPage>
            )}
            <Pages paging={paging} next={nextCursor} before="Newer" behind="Older" />
          </>
        )}
      </LiveContent>
    </>
  );
}

/** Narrows the audit; what is shown of it suggests by what. */
function AuditFilters({ filter, shown }: { filter: AuditFilter; shown: readonly Act[] }) {
  const apply = (change: AuditFilter): void => replaceRoute({ page: 'audit', filter: { ...filter, ...change } });
  return (
    <search aria-label="Narrow the audit">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <TextFilter
          label="By key id or subject"
          value={filter.actor}
          maxLength={200}
          suggestions={distinct(shown.map(({ actor }) => actor.id))}
          onChange={(actor) => apply({ actor })}
        />
        <TextFilter
          label="Call"
          value={filter.action}
          maxLength={64}
          suggestions={distinct(shown.map(({ action }) => action))}
          onChange={(action) => apply({ action })}
        />
        <TimeFilter label="From" value={filter.from} onChange={(from) => apply({ from })} />
        <TimeFilter label="Before" value={filter.to} onChange={(to) => apply({ to })} />
        {queryOf(filter) !== '' && (
          <a class="button quiet" href={hrefOf({ page: 'audit', filter: {} })}>
            Clear
          </a>
        )}
      </form>
    </search>
  );
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

const columnsFor = (filter: AuditFilter): readonly Column<Act>[] => [
  {
    head: 'Call',
    cell: ({ action, resource, outcome }) => (
      <>
        {action}
        <Resource path={resource} />
        {outcome >= 400 && <span class="error-code">refused with {outcome}</span>}
      </>
    ),
  },
  {
    head: 'By',
    class: 'actor',
    cell: ({ actor }) => (
      <>
        <a href={hrefOf({ page: 'audit', filter: { ...filter, actor: actor.id } })} title="Show the calls of this one">
          <code>{actor.id}</code>
        </a>{' '}
        <span class="muted">{actor.kind}</span>
      </>
    ),
  },
  { head: 'Answer', class: 'wide number', cell: ({ outcome }) => outcome },
  { head: 'When', class: 'number', cell: ({ time }) => <Ago at={time} /> },
];

/** Leads to what a call was about, where there is a page of it. */
function Resource({ path }: { path: string }) {
  const place = placeOf(path);
  if (place === undefined) return <code>{path}</code>;
  return (
    <a href={hrefOf(place)}>
      <code>{path}</code>
    </a>
  );
}

function placeOf(path: string): Route | undefined {
  const [kind = '', name = '', part, letterId] = path.split('/');
  // It names the secret of all.
  if (name === '' || name === 'secret') return undefined;
  if (part === 'dead-letters' && letterId !== undefined) return { page: 'letter', lane: name, id: letterId };
  const place = parseRoute(`#/${kind === 'definitions' ? 'types' : kind}/${name}`);
  return place.page === 'unknown' ? undefined : place;
}

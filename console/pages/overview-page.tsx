import { useRef, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { statisticsSchema } from '../api/statistics.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { typeNames, useDefinitions } from '../parts/deployment.ts';
import { Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { LaneTiles } from './lane-tiles.tsx';
import { StatisticsView } from './statistics-view.tsx';

const REFRESH_SECONDS = 15;

const HOUR_MS = 3_600_000;

const SPANS = { '1': 'last hour', '6': 'last 6 hours', '24': 'last day' } as const;

/** Shows what waits now, and what happened of late. */
export function OverviewPage() {
  const { data } = useDefinitions();
  const types = data === undefined ? [] : typeNames(data);
  const [type, setType] = useState('');
  const [hours, setHours] = useState<string>('1');
  const [tenants, setTenants] = useState('');
  const statistics = useLive(
    `${type} ${hours} ${tenants}`,
    (signal) => {
      // Both ends are by one clock: by two, a day might be more than the API gives at once.
      const end = Date.now();
      const from = new Date(end - Number(hours) * HOUR_MS).toISOString();
      const to = new Date(end).toISOString();
      return call(`api/stats${queryOf({ type, from, to, tenants })}`, statisticsSchema, { signal });
    },
    REFRESH_SECONDS,
  );
  // The fixed cost is told to keys alone that may see all tenants.
  const isPlatform = useRef(false);
  if (statistics.data?.fixed !== undefined) isPlatform.current = true;
  return (
    <>
      <PageHeading title="Overview">
        <a class="button primary" href={hrefOf({ page: 'submit' })}>
          Submit a task
        </a>
      </PageHeading>
      <LaneTiles />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Type
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            <option value="">all</option>
            {types.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Time
          <select value={hours} onChange={(event) => setHours(event.currentTarget.value)}>
            {Object.entries(SPANS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {isPlatform.current && (
          <label>
            Tenants
            <select value={tenants} onChange={(event) => setTenants(event.currentTarget.value)}>
              <option value="">own</option>
              <option value="all">all</option>
            </select>
          </label>
        )}
      </form>
      <LiveContent live={statistics}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty title="Nothing happened in this time.">
              <p class="muted">What tasks do shows here some seconds later.</p>
            </Empty>
          ) : (
            <StatisticsView statistics={data} />
          )
        }
      </LiveContent>
    </>
  );
}

import { useMemo } from 'preact/hooks';
import type { Statistics } from '../api/statistics.ts';
import { counted, dollars, duration, plotDollars, shortCount, shortDollars } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { costPlot, MICRODOLLARS, minutesOfStep, type Plot, percentilePlot, throughputPlot } from '../model/series.ts';
import { Tile, TypeName } from '../parts/elements.tsx';
import { PlotView } from '../parts/plot-view.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

/** Shows the numbers of a span of time, and how they went. */
export function StatisticsView({ statistics }: { statistics: Statistics }) {
  const plots = useMemo(
    () => ({
      throughput: throughputPlot(statistics),
      wait: percentilePlot(statistics, 'waitMilliseconds'),
      run: percentilePlot(statistics, 'runMilliseconds'),
      costByType: costPlot(
        statistics,
        statistics.byType.map((group) => ({ ...group, label: group.type })),
      ),
      costByTenant:
        statistics.byTenant &&
        costPlot(
          statistics,
          statistics.byTenant.map((group) => ({ ...group, label: group.tenantId })),
        ),
    }),
    [statistics],
  );
  const { total, byTenant, tenantsLeftOut, fixed } = statistics;
  const { accepted, succeeded, failed, retried, waitMilliseconds, runMilliseconds, cost } = total;
  const ended = succeeded + failed;
  return (
    <>
      <dl class="tiles">
        <Tile name="Accepted" value={shortCount(accepted)} />
        <Tile name="Succeeded" value={shortCount(succeeded)} />
        <Tile
          name="Failed"
          value={shortCount(failed)}
          note={failed === 0 ? undefined : `${percent(failed / ended)} of those that ended`}
          isBad={failed > 0}
        />
        <Tile name="Retried attempts" value={shortCount(retried)} />
        <Tile name="Wait, p95" value={waitMilliseconds === null ? '–' : duration(waitMilliseconds.p95)} />
        <Tile name="Run, p95" value={runMilliseconds === null ? '–' : duration(runMilliseconds.p95)} />
        <Tile
          name="Cost, estimated"
          value={shortDollars(cost.usd)}
          title={dollars(cost.usd)}
          note={cost.usd === 0 ? undefined : `${percent(cost.computeUsd / cost.usd)} of it executors’ time`}
        />
        {fixed !== undefined && (
          <Tile
            name="Fixed cost, estimated"
            value={shortDollars(fixed.usd)}
            title={dollars(fixed.usd)}
            note={`${dollars(fixed.usdPerHour)} an hour, whatever comes`}
          />
        )}
      </dl>
      <div class="plots">
        <PlotView title="Tasks a minute" plot={plots.throughput} format={shortCount} />
        <PlotView title="Wait until the first attempt" plot={plots.wait} format={duration} />
        <PlotView title="Run time of the last attempt" plot={plots.run} format={duration} />
        <CostPlot title="Cost by task type" plot={plots.costByType} statistics={statistics} />
        {plots.costByTenant !== undefined && (
          <CostPlot title="Cost by tenant" plot={plots.costByTenant} statistics={statistics} />
        )}
      </div>
      <div class="by-type">
        <TableCard
          caption="By task type"
          columns={COLUMNS}
          rows={statistics.byType.toSorted((one, other) => other.cost.usd - one.cost.usd)}
          keyOf={({ type }) => type}
        />
        {byTenant !== undefined && (
          <TableCard
            caption="By tenant"
            columns={TENANT_COLUMNS}
            rows={byTenant.toSorted((one, other) => other.cost.usd - one.cost.usd)}
            keyOf={({ tenantId }) => tenantId}
          />
        )}
        {tenantsLeftOut !== undefined && (
          <p class="note">
            {counted(tenantsLeftOut, 'tenant')} more {tenantsLeftOut === 1 ? 'is' : 'are'} not counted here: there are
            too many for one answer.
          </p>
        )}
        <p class="muted small">
          Cost is what requests, messages, writes, logs, traces, events and the time of executors come to at AWS’s list
          prices. Reads, and the fixed cost, which a deployment has whatever comes, are not in it.
        </p>
      </div>
    </>
  );
}

type CostPlotProps = { readonly title: string; readonly plot: Plot; readonly statistics: Statistics };

/** Draws costs over time, where there are any. It is made anew when there are other lines. */
function CostPlot({ title, plot, statistics }: CostPlotProps) {
  if (plot.series.length === 0) return null;
  const minutes = minutesOfStep(statistics);
  return (
    <PlotView
      key={plot.series.map(({ label }) => label).join()}
      title={`${title}, ${minutes === 1 ? 'a minute' : `each ${minutes} min`}`}
      plot={plot}
      format={(value) => plotDollars(value / MICRODOLLARS)}
    />
  );
}

type OfType = Statistics['byType'][number];

const COLUMNS: readonly Column<OfType>[] = [
  {
    head: 'Type',
    cell: ({ type }) => (
      <a href={hrefOf({ page: 'type', type })}>
        <TypeName type={type} />
      </a>
    ),
  },
  { head: 'Accepted', class: 'number', cell: ({ accepted }) => shortCount(accepted) },
  { head: 'Failed', class: 'wide number', cell: ({ failed }) => shortCount(failed) },
  {
    head: 'Run, p95',
    class: 'wide number',
    cell: ({ runMilliseconds }) => (runMilliseconds === null ? '–' : duration(runMilliseconds.p95)),
  },
  { head: 'Cost', class: 'number', cell: ({ cost }) => dollars(cost.usd) },
  {
    head: 'For a million',
    class: 'wide number',
    cell: ({ accepted, cost }) => (accepted === 0 ? '–' : dollars((1_000_000 * cost.usd) / accepted)),
  },
];

type OfTenant = NonNullable<Statistics['byTenant']>[number];

const TENANT_COLUMNS: readonly Column<OfTenant>[] = [
  { head: 'Tenant', cell: ({ tenantId }) => <code>{tenantId}</code> },
  { head: 'Accepted', class: 'number', cell: ({ accepted }) => shortCount(accepted) },
  { head: 'Failed', class: 'wide number', cell: ({ failed }) => shortCount(failed) },
  { head: 'Cost', class: 'number', cell: ({ cost }) => dollars(cost.usd) },
  { head: 'Of it executors’ time', class: 'wide number', cell: ({ cost }) => dollars(cost.computeUsd) },
];

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

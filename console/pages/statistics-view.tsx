import { useMemo } from 'preact/hooks';
import type { Statistics } from '../api/statistics.ts';
import { duration, shortCount } from '../model/format.ts';
import { percentilePlot, throughputPlot } from '../model/series.ts';
import { Tile } from '../parts/elements.tsx';
import { PlotView } from '../parts/plot-view.tsx';

/** Shows the numbers of a span of time, and how they went. */
export function StatisticsView({ statistics }: { statistics: Statistics }) {
  const plots = useMemo(
    () => ({
      throughput: throughputPlot(statistics),
      wait: percentilePlot(statistics, 'waitMilliseconds'),
      run: percentilePlot(statistics, 'runMilliseconds'),
    }),
    [statistics],
  );
  const { accepted, succeeded, failed, retried, waitMilliseconds, runMilliseconds } = statistics.total;
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
      </dl>
      <div class="plots">
        <PlotView title="Tasks a minute" plot={plots.throughput} format={shortCount} />
        <PlotView title="Wait until the first attempt" plot={plots.wait} format={duration} />
        <PlotView title="Run time of the last attempt" plot={plots.run} format={duration} />
      </div>
    </>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

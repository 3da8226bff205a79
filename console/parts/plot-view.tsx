import { useEffect, useId, useRef, useState } from 'preact/hooks';
import UPlot, { type AlignedData, type Options } from 'uplot';
import { moment, timeOfDay } from '../model/format.ts';
import { lonePlaces, type Plot } from '../model/series.ts';

const HEIGHT = 190;
const POINT_SIZE = 6;
/** Steps of the values' axis: of a third of a task, or of a millisecond, nobody would know what to think. */
const WHOLE_STEPS = Array.from({ length: 12 }, (_, digits) => [1, 2, 5].map((step) => step * 10 ** digits)).flat();
/** The table behind a plot has so many rows at most, the latest of those that have values. */
const MAX_ROWS = 120;

type PlotViewProps = {
  readonly title: string;
  readonly plot: Plot;
  /** A value as it is read: on the axis, in the legend and in the table. */
  readonly format: (value: number) => string;
};

/** Draws lines over time, and the same as a table for whoever reads rather than sees. */
export function PlotView({ title, plot, format }: PlotViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<UPlot | undefined>(undefined);
  const titleId = useId();
  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const chart = new UPlot(optionsOf(plot, format, target.clientWidth), dataOf(plot), target);
    drawn.current = chart;
    const sizes = new ResizeObserver(() => chart.setSize({ width: target.clientWidth, height: HEIGHT }));
    sizes.observe(target);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => chart.redraw();
    scheme.addEventListener('change', recolour);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', recolour);
      chart.destroy();
    };
  }, []);
  useEffect(() => drawn.current?.setData(dataOf(plot)), [plot]);
  return (
    <section class="card plot" aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      <div ref={box} aria-hidden="true" />
      <PlotTable title={title} plot={plot} format={format} />
    </section>
  );
}

const dataOf = ({ times, series }: Plot): AlignedData => [[...times], ...series.map(({ values }) => [...values])];

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

function optionsOf({ series }: Plot, format: (value: number) => string, width: number): Options {
  // Colours are asked for at each drawing: the reader's may have changed.
  const axis = {
    stroke: () => colourOf('--muted'),
    grid: { stroke: () => colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  return {
    width,
    height: HEIGHT,
    cursor: { points: { size: POINT_SIZE }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [
      { ...axis, size: 30, space: 70, values: (_, ticks) => ticks.map((second) => timeOfDay(second * 1000)) },
      { ...axis, size: 84, incrs: WHOLE_STEPS, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      { value: (_, time) => (time === null ? '–' : timeOfDay(time * 1000)) },
      ...series.map(({ label, colour, dash }) => ({
        label,
        stroke: () => colourOf(colour),
        width: 1.75,
        ...(dash === undefined ? {} : { dash }),
        // A line of one value has no length.
        points: {
          show: false,
          filter: ({ data }: UPlot, index: number) => lonePlaces([...(data[index] ?? [])]),
          size: POINT_SIZE,
          fill: () => colourOf(colour),
        },
        value: (_: UPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

function PlotTable({ title, plot: { times, series }, format }: PlotViewProps) {
  const [isOpen, setOpen] = useState(false);
  const rows = times
    .map((time, index) => ({ time, values: series.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value > 0));
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls has to be reached by keyboard.
        <div class="scroll" tabIndex={0}>
          <table>
            <caption class="unseen">{title}, the latest first</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows
                .slice(-MAX_ROWS)
                .reverse()
                .map(({ time, values }) => (
                  <tr key={time}>
                    <th scope="row">{moment(time * 1000)}</th>
                    {values.map((value, index) => (
                      <td key={series[index]?.label} class="number">
                        {value === null ? '–' : format(value)}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

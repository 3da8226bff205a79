// Draws the plots of a report in the browser.
const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
const number = (value) =>
  value === null || value === undefined
    ? '–'
    : value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
const HEIGHT = 210;

function axis(more) {
  return {
    stroke: () => colourOf('--muted'),
    grid: { stroke: () => colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
    ...more,
  };
}

function draw({ times, lines }, target) {
  const options = {
    width: target.clientWidth,
    height: HEIGHT,
    cursor: { sync: { key: 'all' }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [
      axis({ size: 30, space: 60, values: (_, ticks) => ticks.map(minutes) }),
      axis({ size: 60, values: (_, ticks) => ticks.map(number) }),
    ],
    series: [
      { label: 'at', value: (_, time) => (time === null ? '–' : minutes(time)) },
      ...lines.map(({ label, colour, dash }) => ({
        label,
        dash,
        stroke: () => colourOf(colour),
        width: 1.6,
        spanGaps: true,
        points: { show: false },
        value: (_, value) => number(value),
      })),
    ],
  };
  const plot = new uPlot(options, [times, ...lines.map(({ values }) => values)], target);
  new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT })).observe(target);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());
}

const plots = JSON.parse(document.getElementById('plots').textContent);
const targets = document.querySelectorAll('.canvas');
for (const [index, plot] of plots.entries()) draw(plot, targets[index]);

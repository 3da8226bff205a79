import type { Earlier } from '../earlier.ts';
import type { Report } from '../report-model.ts';
import { sum } from '../series.ts';
import { type Cell, escaped, shown, table } from './markup.ts';

const MEGABYTE = 1024 * 1024;

export function header(report: Report, earlier: Earlier | undefined): string {
  const options = Object.entries(report.options).map(([name, value]) => `${name} ${value}`);
  const facts = [
    new Date(report.at).toUTCString(),
    `commit ${report.commit}`,
    report.target,
    report.machine,
    options.join(', '),
  ];
  const before =
    earlier && `Beside the run of ${new Date(earlier.at).toUTCString()}, commit ${earlier.commit}, in grey.`;
  return `<header>
<h1>Millrace <span>${escaped(report.scenario)}</span></h1>
<p class="lead">${escaped(report.description)}</p>
<p class="facts">${facts.map((fact) => `<span>${escaped(fact)}</span>`).join('')}</p>
${before === undefined ? '' : `<p class="facts"><span>${escaped(before)}</span></p>`}
</header>`;
}

export function tiles(report: Report, earlier: Earlier | undefined): string {
  const total = (counts: Readonly<Record<string, number>> | undefined) => counts && sum(Object.values(counts));
  const values: [name: string, of: (found: Report | Earlier) => string][] = [
    ['tasks accepted', ({ rates }) => measured(rates.accepted, '/s')],
    ['tasks ended', ({ rates }) => measured(rates.ended, '/s')],
    ['submit p50', ({ submit }) => duration(submit.all?.p50)],
    ['submit p95', ({ submit }) => duration(submit.all?.p95)],
    ['end to end p50', ({ endToEnd }) => duration(endToEnd.all?.p50)],
    ['end to end p95', ({ endToEnd }) => duration(endToEnd.all?.p95)],
    ['refused', ({ refusals }) => measured(total(refusals), 'tasks')],
    ['failed', ({ errors }) => measured(total(errors), 'requests')],
    ['drained after', ({ drainSeconds }) => measured(drainSeconds, 's')],
  ];
  const tile = ([name, of]: (typeof values)[number]) => {
    const [value = '', unit = ''] = of(report).split(' ');
    return `<div class="card tile">
<p class="name">${escaped(name)}</p>
<p class="value">${value} <small>${unit}</small></p>
${earlier === undefined ? '' : `<p class="before">before ${of(earlier)}</p>`}
</div>`;
  };
  return `<div class="tiles">${values.map(tile).join('\n')}</div>`;
}

const measured = (value: Cell, unit: string): string => (typeof value === 'number' ? `${shown(value)} ${unit}` : '–');

const duration = (milliseconds: number | undefined): string =>
  (milliseconds ?? 0) < 10_000 ? measured(milliseconds, 'ms') : measured((milliseconds ?? 0) / 1000, 's');

export function findings(report: Report, earlier: Earlier | undefined): string {
  const before = new Map(earlier?.findings.map(({ name, value }) => [name, value]));
  const items = report.findings.map(({ name, value, isGood }) => {
    const mark = isGood === undefined ? '·' : isGood ? '✓' : '✗';
    const kind = isGood === undefined ? 'plain' : isGood ? 'good' : 'bad';
    const earlierValue = before.has(name) ? `<small>before ${shown(before.get(name))}</small>` : '';
    return `<li class="${kind}"><b aria-hidden="true">${mark}</b> ${escaped(name)} <strong>${shown(value)}</strong> ${earlierValue}</li>`;
  });
  return `<section class="card"><h2>What it showed</h2><ul class="findings">${items.join('\n')}</ul></section>`;
}

export function tables(report: Report, earlier: Earlier | undefined): string {
  const counts = (title: string, found: Readonly<Record<string, number>>) =>
    table(title, ['', 'count'], Object.entries(found));
  return [
    ...report.tables.map(({ title, columns, rows }) => table(title, columns, rows)),
    latencies('Submits by lane, ms', 'all', report.submit, earlier?.submit),
    latencies('End to end by lane, ms', 'all but batch lanes', report.endToEnd, earlier?.endToEnd),
    usage(report, earlier),
    `<div class="pair">${counts('What became of the tasks', report.statuses)}${counts('Refused by admission, tasks', report.refusals)}${counts('Failed, requests', report.errors)}${counts('The mix, by weight', report.mix?.weights ?? {})}</div>`,
    `<p class="note">${escaped(method(report))}</p>`,
  ].join('\n');
}

function latencies(
  title: string,
  all: string,
  latency: Report['submit'],
  earlier: Earlier['submit'] | undefined,
): string {
  const before = earlier === undefined ? [] : ['p50 before', 'p95 before'];
  const row = (name: string, found: Report['submit']['all'], was: Report['submit']['all']): Cell[] => [
    ...[name, found?.count, found?.p50, found?.p95, found?.p99, found?.max],
    ...(earlier === undefined ? [] : [was?.p50, was?.p95]),
  ];
  return table(
    title,
    ['lane', 'count', 'p50', 'p95', 'p99', 'most', ...before],
    [
      row(all, latency.all, earlier?.all),
      ...Object.entries(latency.lanes).map(([lane, found]) => row(lane, found, earlier?.lanes[lane])),
    ],
  );
}

function usage(report: Report, earlier: Earlier | undefined): string {
  const columns = ['', 'CPU s', 'CPU ms a task', 'most MB', 'most processes', 'collections', 'collecting ms'];
  const was = new Map(earlier?.usage.map((found) => [found.group, found]));
  return table(
    'What it took',
    earlier === undefined ? columns : [...columns, 'CPU ms a task before'],
    report.usage.map((found) => [
      ...[found.group, found.cpuSeconds, found.cpuMillisecondsPerTask, Math.round(found.mostBytes / MEGABYTE)],
      ...[found.mostProcesses, found.collections, found.collectionMilliseconds],
      ...(earlier === undefined ? [] : [was.get(found.group)?.cpuMillisecondsPerTask]),
    ]),
  );
}

function method({ mix, generatorLateMilliseconds: late, requests, tasks, subtasks, replayed }: Report): string {
  const counts = `${shown(requests)} requests, ${shown(tasks)} tasks and ${shown(subtasks)} subtasks.`;
  if (mix === undefined)
    return `Each client sends a request when the one before is answered. Percentiles are exact. ${counts}`;
  return (
    'Requests are sent when they are due, whatever becomes of those before, and every latency counts from then; the load ' +
    `generator itself was late by ${shown(late?.p50)} ms at p50 and ${shown(late?.p99)} ms at p99. Percentiles are exact, and ` +
    `leave out the warm-up. ${counts} ${shown(replayed)} repeats were answered with the task of their key.`
  );
}

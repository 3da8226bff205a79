import { COST_ASSUMPTIONS } from '../../planner/costs/cost-basis.ts';
import { REFERENCE_PER_SECOND } from '../../planner/costs/reference-loads.ts';
import { PROVISIONED_USE } from '../../planner/costs/table-capacity.ts';
import type { Machine } from '../peers/machine.ts';
import { type Bill, type BillLine, percent } from './bill.ts';

export type BillReport = { readonly machine: Machine; readonly bills: readonly Bill[] };

/** Writes the bills for people to read. */
export function markdownOf({ machine, bills }: BillReport): string {
  return [
    '# What a million tasks cost, read off the wire',
    `Counted on ${machine.date} at commit \`${machine.commit}\` by \`npm run loadtest:bill\`, on ${machine.cores} cores ` +
      `(${machine.cpu}), as \`npm start\` deploys it (preset \`dev\`), but with \`routineLogs\` off as in \`prod\`; one table, one ` +
      'index shard, tasks that do nothing. A meter within the ' +
      'local cloud counts requests, units, chunks, events, invocations and log lines; prices are those of `lib/list-prices.ts`.',
    `**Counted** is what was counted at the rate of the run, and **planned** is what the planner says of a load of that rate. What is paid by ` +
      `the second (traces, batches of statistics, looks) makes few tasks dear: **at ${REFERENCE_PER_SECOND} a second**, and with the four ` +
      'shards of a new table’s stream where the local cloud has one, is the planner’s line there, by as much more or less as was counted here.',
    `**Assumed, not counted**: the time of functions (${COST_ASSUMPTIONS.routerMilliseconds} ms a submit, ` +
      `${COST_ASSUMPTIONS.attemptMilliseconds} ms an executor’s invocation, ${COST_ASSUMPTIONS.readerMilliseconds} ms a reader’s), since GB-seconds of ` +
      'this machine are not Lambda’s; and that a message takes 10 ms from its send to its event source. ' +
      `Provisioned tables are arithmetic: the same write units, ${PROVISIONED_USE * 100} % of the capacity used.`,
    summaryTable(bills),
    ...bills.map(billText),
    '',
  ].join('\n\n');
}

const summaryTable = (bills: readonly Bill[]): string =>
  tableOf([
    [
      'a million tasks',
      ...['counted', 'planned', 'difference', `at ${REFERENCE_PER_SECOND} a second`, 'at most'],
      ...['with provisioned tables', 'at most'],
    ],
    ...bills.map(({ load, totals: { wire, planned, atReferenceRate } }) => [
      load.title,
      ...[wire.onDemand, planned.onDemand].map(dollarText),
      percent(planned.onDemand / wire.onDemand - 1),
      ...[atReferenceRate.onDemand, load.target.onDemand].map(dollarText),
      ...[atReferenceRate.provisioned, load.target.provisioned].map(dollarText),
    ]),
  ]);

function billText(bill: Bill): string {
  const { load, run, tasksPerSecond, lines, events, faults } = bill;
  return [
    `## ${load.title[0]?.toUpperCase()}${load.title.slice(1)}`,
    `${run.tasks.toLocaleString('en')} tasks, ${tasksPerSecond.toFixed(1)} a second.`,
    tableOf([
      ['', 'counted', '', 'planned', '', 'difference', `at ${REFERENCE_PER_SECOND} a second`],
      ...[...lines, ...events].map(lineCells),
    ]),
    faults.length === 0
      ? 'All is as it should be.'
      : faults.map((fault) => `- **Not as it should be**: ${fault}.`).join('\n'),
    '### What each task asked of AWS',
    tableOf([['function', 'calls'], ...callsOf(bill)]),
    '### Time of functions and lines of the log',
    'Milliseconds are of this machine, on which functions, their cloud and the load share the cores; they are in no price.',
    tableOf([['function', 'invocations a task', 'ms each, here', 'of the log, bytes a task'], ...functionRows(bill)]),
    `CPU here, ms a task: ${Object.entries(run.cpu)
      .map(([part, milliseconds]) => `${part} ${(milliseconds / run.tasks).toFixed(2)}`)
      .join(', ')}.`,
  ].join('\n\n');
}

const lineCells = ({ what, wire, planned, difference, atReferenceRate }: BillLine): string[] => [
  what,
  countText(wire.quantity),
  dollarText(wire.dollars),
  countText(planned.quantity),
  dollarText(planned.dollars),
  percent(difference),
  dollarText(atReferenceRate.dollars),
];

const countedFunctions = ({ run }: Bill) =>
  Object.entries(run.usage.functions)
    .filter(([name]) => name.startsWith('millrace-'))
    .toSorted(([one], [other]) => one.localeCompare(other));

const callsOf = (bill: Bill): string[][] =>
  countedFunctions(bill).map(([name, counts]) => [
    name,
    partsOf(counts, 'calls of ')
      .map(([operation, count]) => `${operation} ${(count / bill.run.tasks).toFixed(3)}`)
      .join(', '),
  ]);

const functionRows = (bill: Bill): string[][] =>
  countedFunctions(bill).map(([name, { invocations = 0, milliseconds = 0, ...counts }]) => [
    name,
    (invocations / bill.run.tasks).toFixed(3),
    invocations === 0 ? '' : (milliseconds / invocations).toFixed(0),
    partsOf(counts, 'log bytes of ')
      .map(([kind, bytes]) => `${kind} ${Math.round(bytes / bill.run.tasks)}`)
      .join(', '),
  ]);

const partsOf = (counts: Readonly<Record<string, number>>, prefix: string): [name: string, count: number][] =>
  Object.entries(counts)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, count]) => [name.slice(prefix.length), count]);

const dollarText = (dollars: number): string => `$${dollars.toFixed(2)}`;

const countText = (count: number): string => count.toLocaleString('en', { maximumFractionDigits: count < 100 ? 3 : 0 });

const tableOf = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

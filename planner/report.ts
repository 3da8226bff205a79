import { SHARED_LANE_KINDS } from '../functions/contract.ts';
import type { DeployConfig } from '../lib/config.ts';
import { accountConcurrencyOf } from './bounds.ts';
import { chart } from './chart.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';
import { type CostLine, totalOf } from './cost-line.ts';
import type { Plan, PlannedLane } from './make-plan.ts';
import { contextArgument, withExecutors } from './more-executors.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { MILLISECOND, SECOND } from './time.ts';

const COLUMNS = 72;
const ROWS = 4;

/** The plan as a person reads it. */
export function reportOf(plan: Plan, args: PlanArguments, config: DeployConfig): string {
  return [
    headOf(args, config),
    waitsOf(plan),
    admissionOf(plan),
    executorsOf(plan, args, config),
    timelineOf(plan),
    boundsOf(plan),
    costsOf(plan),
    monthOf(plan, args, config),
    assumptionsOf(plan, args),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headOf({ resourceClass, load, service }: PlanArguments, config: DeployConfig): string[] {
  const { reserved, lanes } = config.concurrency[resourceClass];
  const spikes = load.spikes.map(
    ({ factor, from, to }) => `, ${factor} times that from ${time(from / SECOND)} to ${time(to / SECOND)}`,
  );
  const rate = `${rateOf(load.tasksPerSecond)} for ${time(load.lasting / SECOND)}${spikes.join('')}`;
  const backlog = `a backlog of ${countText(load.backlog)} tasks`;
  const parts = [...(load.tasksPerSecond > 0 ? [rate] : []), ...(load.backlog > 0 ? [backlog] : [])];
  const shares = SHARED_LANE_KINDS.map((kind) => `${kind} ${lanes[kind]}`).join(', ');
  return [
    `${parts.join(' and ')}, ${time(service.duration / SECOND)} each, class ${resourceClass}`,
    `deployed as ${config.preset}: ${config.shards[resourceClass]} shard(s) of ${reserved} executors, whose lanes have ${shares}`,
  ];
}

function waitsOf({ lanes, lastedSeconds, batchWindow }: Plan): string[] {
  const rows = lanes
    .filter(({ submitted }) => submitted > 0)
    .map((lane) => [
      lane.kind,
      ...[lane.submitted, lane.refused, lane.ended, lane.unfinished].map(countText),
      ...(['p50', 'p95', 'p99', 'max'] as const).map((name) => (lane.waitSeconds ? time(lane.waitSeconds[name]) : '-')),
      verdictOf(lane),
    ]);
  const head = ['WAITS', 'submitted', 'refused', 'ended', 'left', 'p50', 'p95', 'p99', 'max', 'objective'];
  const gathers =
    batchWindow === null
      ? []
      : [
          `batch gathers ${countText(batchWindow.messages)} messages, or what has come after ${time(batchWindow.waitSeconds)}`,
        ];
  return [...tableOf([head, ...rows]), ...gathers, `all done after ${time(lastedSeconds)}`];
}

const verdictOf = ({ waitSeconds, objectiveSeconds }: PlannedLane): string =>
  `${time(objectiveSeconds)}${waitSeconds !== null && waitSeconds.max > objectiveSeconds ? ' MISSED' : ''}`;

function admissionOf({ lanes, throttles }: Plan): string[] {
  const lines = lanes.flatMap(({ kind, closures, submitted }) => {
    const [first] = closures;
    if (first === undefined || submitted === 0) return [];
    const until = first.toSeconds === null ? 'to the end' : `until ${time(first.toSeconds)}`;
    const more = closures.length > 1 ? `, and ${closures.length - 1} times more` : '';
    return [`${kind} refuses new tasks from ${time(first.fromSeconds)} ${until}${more}`];
  });
  const throttled = [
    [throttles.apiRequests, 'requests by API Gateway'],
    [throttles.lambda, 'invocations by Lambda'],
    [throttles.writeUnits, 'write units by DynamoDB'],
  ].flatMap(([amount, what]) => (Number(amount) > 0 ? [`${countText(Number(amount))} ${what}`] : []));
  const held = lanes.flatMap(({ kind, heldByTableSeconds: seconds }) =>
    seconds >= 1 ? [`           ${kind} waits for DynamoDB to take its writes, ${time(seconds)} in all`] : [],
  );
  return [
    `ADMISSION  ${lines.length === 0 ? 'open throughout' : lines.join('\n           ')}`,
    `THROTTLED  ${throttled.length === 0 ? 'nothing is refused' : throttled.join(', ')}`,
    ...held,
  ];
}

function executorsOf({ executors }: Plan, { load, resourceClass }: PlanArguments, config: DeployConfig): string[] {
  const { most, reserved, peak, mean, environmentsMade, busyAtRate, neededAtRate, neededOfShard } = executors;
  const needed = `the rate keeps ${busyAtRate.toFixed(1)} busy, so ${countText(neededAtRate)} are needed${neededOfShard === null ? '' : ': MORE THAN THERE ARE'}`;
  const more = neededOfShard === null ? [] : moreExecutorsOf(neededOfShard, load, resourceClass, config);
  return [
    `EXECUTORS  ${countText(peak)} at the peak, of ${countText(most)} and 2 for each idle lane (${countText(reserved)} are reserved); ${mean.toFixed(1)} in the mean, ${countText(environmentsMade)} cold starts`,
    ...(load.tasksPerSecond > 0 ? [needed] : []),
    ...more,
  ].map((line, place) => (place === 0 ? line : `           ${line}`));
}

/** What mends that there are too few, as a deploy takes it, and what the account has to have for it. */
function moreExecutorsOf(
  executors: number,
  load: PlanArguments['load'],
  resourceClass: PlanArguments['resourceClass'],
  config: DeployConfig,
): string[] {
  const more = withExecutors(resourceClass, executors, load);
  if (more === undefined) return ['more than one event source may ask for: give the class more shards (-c shards=...)'];
  const concurrency = { ...config.concurrency, ...more.concurrency };
  return [
    `enough with ${contextArgument(more)}`,
    `in an account whose Lambda concurrency is ${countText(accountConcurrencyOf({ ...config, concurrency }))} or more`,
  ];
}

function timelineOf({ timeline, lastedSeconds }: Plan): string[] {
  const draw = (name: string, values: readonly number[]): string[] => {
    const top = `${name}, up to ${countText(Math.ceil(Math.max(0, ...values)))}`;
    return [top, ...chart(values, COLUMNS, ROWS).map((line) => `|${line}`)];
  };
  const columns = Math.min(COLUMNS, timeline.executors.length);
  const end = time(lastedSeconds);
  return [
    ...draw('executors at work', timeline.executors),
    ...draw('tasks waiting', timeline.waiting),
    `0${end.padStart(Math.max(columns, end.length + 1))}`,
  ];
}

function boundsOf({ bounds }: Plan): string[] {
  const rows = bounds.map(({ name, peak, limit }) => [
    name,
    countText(Math.ceil(peak)),
    countText(limit),
    peak > limit ? 'EXCEEDED' : `${Math.ceil((peak / limit) * 100)} %`,
  ]);
  return tableOf([['LIMITS OF AWS', 'peak', 'limit', ''], ...rows]);
}

function costsOf({ costs }: Plan): string[] {
  const { byTask, tasks } = costs;
  const million = (amount: number): number => (amount / tasks) * 1e6;
  const rowsOf = (lines: readonly CostLine[]): string[][] =>
    lines.map((line) => [line.what, countText(million(line.quantity)), dollars(million(line.dollars))]);
  const rows = [
    ['COSTS OF A MILLION TASKS', 'quantity', 'USD'],
    ...rowsOf(byTask.platform),
    ['the platform', '', dollars(costs.platformPerMillion)],
    ...rowsOf([...byTask.tracing, ...byTask.events, ...byTask.compute]),
    ['in all', '', dollars(costs.totalPerMillion)],
  ];
  const all = (costs.totalPerMillion * tasks) / 1e6;
  return [...tableOf(rows), `this plan, ${countText(tasks)} tasks: ${dollars(all)}`];
}

function monthOf({ costs }: Plan, { load }: PlanArguments, { preset }: DeployConfig): string[] {
  const { fixedMonth, loadMonth, totalPerMonth } = costs;
  const rowsOf = (lines: readonly CostLine[]): string[][] =>
    lines.map((line) => [line.what, countText(line.quantity), dollars(line.dollars)]);
  const withLoad =
    loadMonth === null || totalPerMonth === null
      ? []
      : [...rowsOf(loadMonth), [`in all, at ${rateOf(load.tasksPerSecond)}`, '', dollars(totalPerMonth)]];
  return tableOf([
    ['COSTS OF A MONTH', 'quantity', 'USD'],
    ...rowsOf(fixedMonth),
    [`${preset}, whatever comes`, '', dollars(totalOf(fixedMonth))],
    ...withLoad,
  ]);
}

function assumptionsOf({ stepSeconds }: Plan, { service, seed }: PlanArguments): string[] {
  const { routerMilliseconds, logBytes, storedBytesPerTask } = COST_ASSUMPTIONS;
  const milliseconds = (micros: number): string => `${micros / MILLISECOND} ms`;
  return [
    `ASSUMED    cold start ${milliseconds(service.coldStart)}, claim and settle ${milliseconds(service.overhead)}, delivery ${milliseconds(service.delivery)}, durations ${service.spread}, seed ${seed},`,
    `           router ${routerMilliseconds} ms, ${countText(logBytes.platform + logBytes.submit)} bytes of log a submit (${logBytes.access} more with access logs), ${countText(logBytes.platform + logBytes.invocation)} an executor’s invocation and ${countText(logBytes.attempt)} an attempt,`,
    `           ${countText(storedBytesPerTask)} bytes stored a task; us-east-1`,
    stepSeconds === null
      ? 'PLAYED     task by task'
      : `PLAYED     in steps of ${time(stepSeconds)}: waits are as exact as that`,
  ];
}

/** Columns under their heads: the first to the left, numbers to the right. */
function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const NUMBERS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const countText = (value: number): string => NUMBERS.format(value >= 100 ? Math.round(value) : value);
const dollars = (value: number): string =>
  `$${new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)}`;

/** So many tasks by the unit of time in which there is at least one. */
function rateOf(tasksPerSecond: number): string {
  if (tasksPerSecond >= 1) return `${countText(tasksPerSecond)} tasks/s`;
  return tasksPerSecond * 60 >= 1
    ? `${countText(tasksPerSecond * 60)} tasks/min`
    : `${countText(tasksPerSecond * 3600)} tasks/h`;
}

/** A length of time, to two places of its largest unit. */
function time(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (seconds < 3600) return `${minutes} min ${Math.round(seconds % 60)} s`.replace(' 0 s', '');
  return `${hours} h ${minutes % 60} min`.replace(' 0 min', '');
}

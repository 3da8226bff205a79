import { lengthText } from '../cli/length-text.ts';
import { SHARED_LANE_KINDS } from '../functions/contract.ts';
import { classOf } from '../functions/resource-classes.ts';
import type { DeployConfig } from '../lib/config.ts';
import { type CostLine, routineBytes, totalOf } from '../lib/constructs/cost-lines.ts';
import { COST_ASSUMPTIONS } from './costs/cost-basis.ts';
import { accountConcurrencyOf, contextArgument, withExecutors } from './deployment.ts';
import { chart, countText, dollarText, rateText, tableOf } from './layout.ts';
import type { Plan, PlannedLane } from './plan.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { MILLISECOND, SECOND } from './time.ts';

const COLUMNS = 72;
const ROWS = 4;

/** Writes the plan as a person reads it. */
export function reportOf(plan: Plan, args: PlanArguments, config: DeployConfig): string {
  return [
    headLines(args, config),
    waitLines(plan),
    admissionLines(plan),
    executorLines(plan, args, config),
    timelineLines(plan),
    boundLines(plan),
    costLines(plan),
    monthLines(plan, args, config),
    assumptionLines(plan, args, config),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headLines({ resourceClass, load, service }: PlanArguments, config: DeployConfig): string[] {
  const { reserved, lanes, shards } = classOf(config.classes, resourceClass);
  const spikes = load.spikes.map(
    ({ factor, from, to }) => `, ${factor} times that from ${lengthText(from / SECOND)} to ${lengthText(to / SECOND)}`,
  );
  const rate = `${rateText(load.tasksPerSecond)} for ${lengthText(load.lasting / SECOND)}${spikes.join('')}`;
  const backlog = `a backlog of ${countText(load.backlog)} tasks`;
  const parts = [...(load.tasksPerSecond > 0 ? [rate] : []), ...(load.backlog > 0 ? [backlog] : [])];
  const shares = SHARED_LANE_KINDS.map((kind) => `${kind} ${lanes[kind]}`).join(', ');
  return [
    `${parts.join(' and ')}, ${lengthText(service.duration / SECOND)} each, class ${resourceClass}`,
    `deployed as ${config.preset}: ${shards} shard(s) of ${reserved} executors, whose lanes have ${shares}`,
  ];
}

function waitLines({ lanes, lastedSeconds, batchWindow }: Plan): string[] {
  const rows = lanes
    .filter(({ submitted }) => submitted > 0)
    .map((lane) => [
      lane.kind,
      ...[lane.submitted, lane.refused, lane.ended, lane.unfinished].map(countText),
      ...(['p50', 'p95', 'p99', 'max'] as const).map((name) =>
        lane.waitSeconds ? lengthText(lane.waitSeconds[name]) : '-',
      ),
      objectiveText(lane),
    ]);
  const head = ['WAITS', 'submitted', 'refused', 'ended', 'left', 'p50', 'p95', 'p99', 'max', 'objective'];
  const gathers =
    batchWindow === null
      ? []
      : [
          `batch gathers ${countText(batchWindow.messages)} messages, or what has come after ${lengthText(batchWindow.waitSeconds)}`,
        ];
  return [...tableOf([head, ...rows]), ...gathers, `all done after ${lengthText(lastedSeconds)}`];
}

const objectiveText = ({ waitSeconds, objectiveSeconds }: PlannedLane): string =>
  `${lengthText(objectiveSeconds)}${waitSeconds !== null && waitSeconds.max > objectiveSeconds ? ' MISSED' : ''}`;

function admissionLines({ lanes, throttles }: Plan): string[] {
  const lines = lanes.flatMap(({ kind, closures, submitted }) => {
    const [first] = closures;
    if (first === undefined || submitted === 0) return [];
    const until = first.toSeconds === null ? 'to the end' : `until ${lengthText(first.toSeconds)}`;
    const more = closures.length > 1 ? `, and ${closures.length - 1} times more` : '';
    return [`${kind} refuses new tasks from ${lengthText(first.fromSeconds)} ${until}${more}`];
  });
  const throttled = [
    [throttles.apiRequests, 'requests by API Gateway'],
    [throttles.lambda, 'invocations by Lambda'],
    [throttles.writeUnits, 'write units by DynamoDB'],
  ].flatMap(([amount, what]) => (Number(amount) > 0 ? [`${countText(Number(amount))} ${what}`] : []));
  const held = lanes.flatMap(({ kind, heldByTableSeconds: seconds }) =>
    seconds >= 1 ? [`           ${kind} waits for DynamoDB to take its writes, ${lengthText(seconds)} in all`] : [],
  );
  return [
    `ADMISSION  ${lines.length === 0 ? 'open throughout' : lines.join('\n           ')}`,
    `THROTTLED  ${throttled.length === 0 ? 'nothing is refused' : throttled.join(', ')}`,
    ...held,
  ];
}

function executorLines({ executors }: Plan, { load, resourceClass }: PlanArguments, config: DeployConfig): string[] {
  const { most, reserved, peak, mean, environmentsMade, busyAtRate, neededAtRate, neededOfShard } = executors;
  const needed = `the rate keeps ${busyAtRate.toFixed(1)} busy, so ${countText(neededAtRate)} are needed${neededOfShard === null ? '' : ': MORE THAN THERE ARE'}`;
  const more = neededOfShard === null ? [] : moreExecutorLines(neededOfShard, load, resourceClass, config);
  return [
    `EXECUTORS  ${countText(peak)} at the peak, of ${countText(most)} and 2 for each idle lane (${countText(reserved)} are reserved); ${mean.toFixed(1)} in the mean, ${countText(environmentsMade)} cold starts`,
    ...(load.tasksPerSecond > 0 ? [needed] : []),
    ...more,
  ].map((line, place) => (place === 0 ? line : `           ${line}`));
}

/** Says what gives the rate executors enough, as a deploy takes it, and what the account has to have for it. */
function moreExecutorLines(
  executors: number,
  load: PlanArguments['load'],
  resourceClass: PlanArguments['resourceClass'],
  config: DeployConfig,
): string[] {
  const more = withExecutors(resourceClass, executors, load);
  if (more === undefined) return ['more than one event source may ask for: give the class more shards (-c shards=...)'];
  const classes = {
    ...config.classes,
    [resourceClass]: { ...classOf(config.classes, resourceClass), ...more[resourceClass] },
  };
  return [
    `enough with ${contextArgument(more)}`,
    `in an account whose Lambda concurrency is ${countText(accountConcurrencyOf({ ...config, classes }))} or more`,
  ];
}

function timelineLines({ timeline, lastedSeconds }: Plan): string[] {
  const draw = (name: string, values: readonly number[]): string[] => {
    const top = `${name}, up to ${countText(Math.ceil(Math.max(0, ...values)))}`;
    return [top, ...chart(values, COLUMNS, ROWS).map((line) => `|${line}`)];
  };
  const columns = Math.min(COLUMNS, timeline.executors.length);
  const end = lengthText(lastedSeconds);
  return [
    ...draw('executors at work', timeline.executors),
    ...draw('tasks waiting', timeline.waiting),
    `0${end.padStart(Math.max(columns, end.length + 1))}`,
  ];
}

function boundLines({ bounds }: Plan): string[] {
  const rows = bounds.map(({ name, peak, limit }) => [
    name,
    countText(Math.ceil(peak)),
    countText(limit),
    peak > limit ? 'EXCEEDED' : `${Math.ceil((peak / limit) * 100)} %`,
  ]);
  return tableOf([['LIMITS OF AWS', 'peak', 'limit', ''], ...rows]);
}

function costLines({ costs }: Plan): string[] {
  const { byTask, tasks } = costs;
  const million = (amount: number): number => (amount / tasks) * 1e6;
  const rowsOf = (lines: readonly CostLine[]): string[][] =>
    lines.map((line) => [line.what, countText(million(line.quantity)), dollarText(million(line.dollars))]);
  const rows = [
    ['COSTS OF A MILLION TASKS', 'quantity', 'USD'],
    ...rowsOf(byTask.platform),
    ['the platform', '', dollarText(costs.platformPerMillion)],
    ...rowsOf([...byTask.tracing, ...byTask.events, ...byTask.waiting, ...byTask.compute]),
    ['in all', '', dollarText(costs.totalPerMillion)],
    [otherTablesText(costs), '', dollarText(costs.otherTables.totalPerMillion)],
  ];
  const all = (costs.totalPerMillion * tasks) / 1e6;
  return [...tableOf(rows), `this plan, ${countText(tasks)} tasks: ${dollarText(all)}`];
}

const otherTablesText = ({ otherTables }: Plan['costs']): string =>
  otherTables.areProvisioned ? 'in all, provisioned tables' : 'in all, tables on demand';

function monthLines({ costs }: Plan, { load }: PlanArguments, { preset }: DeployConfig): string[] {
  const { fixedMonth, loadMonth, totalPerMonth } = costs;
  const rowsOf = (lines: readonly CostLine[]): string[][] =>
    lines.map((line) => [line.what, countText(line.quantity), dollarText(line.dollars)]);
  const withLoad =
    loadMonth === null || totalPerMonth === null
      ? []
      : [...rowsOf(loadMonth), [`in all, at ${rateText(load.tasksPerSecond)}`, '', dollarText(totalPerMonth)]];
  return tableOf([
    ['COSTS OF A MONTH', 'quantity', 'USD'],
    ...rowsOf(fixedMonth),
    [`${preset}, whatever comes`, '', dollarText(totalOf(fixedMonth))],
    ...withLoad,
  ]);
}

function assumptionLines({ stepSeconds }: Plan, { service, seed }: PlanArguments, config: DeployConfig): string[] {
  const { routerMilliseconds, logBytes, storedBytesPerTask } = COST_ASSUMPTIONS;
  const milliseconds = (micros: number): string => `${micros / MILLISECOND} ms`;
  return [
    `ASSUMED    cold start ${milliseconds(service.coldStart)}, claim and settle ${milliseconds(service.overhead)}, delivery ${milliseconds(service.delivery)}, durations ${service.spread}, seed ${seed},`,
    `           router ${routerMilliseconds} ms, ${countText(routineBytes(config, logBytes.requestLine) + logBytes.submit)} bytes of log a submit (${logBytes.access} more with access logs), ${countText(routineBytes(config) + logBytes.invocation)} an executor’s invocation, ${countText(config.routineLogs ? logBytes.attemptLine : 0)} an attempt, ${countText(logBytes.batch)} a batch of statistics and ${countText(logBytes.task)} a task in it,`,
    `           ${countText(storedBytesPerTask)} bytes stored a task; us-east-1`,
    stepSeconds === null
      ? 'PLAYED     task by task'
      : `PLAYED     in steps of ${lengthText(stepSeconds)}: waits are as exact as that`,
  ];
}

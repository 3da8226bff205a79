import { Option } from '@commander-js/extra-typings';
import type { Client } from '../../client/client.ts';
import type { Cadence, Schedule, ScheduleSummary } from '../../client/schedules.ts';
import { type ApiOptions, apiCommand, clientOf } from '../api-command.ts';
import { ArgumentError, npmCommand, runnable } from '../npm-command.ts';
import { countOf, minutesOf } from '../option-values.ts';
import { INPUT, INPUT_MEANS, inputOf } from '../task-input.ts';
import { timeText } from '../task-text.ts';
import { note, printFacts, printJson, printValue } from '../terminal/print.ts';
import { printListing } from '../terminal/print-listing.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['ID', 'TYPE', 'TIMES', 'NEXT', 'LAST', 'NAME'];

const list = apiCommand('list', 'Lists schedules.')
  .option('--limit <count>', 'so many at most (default: all)', countOf('limit'))
  .action(async ({ limit: count = Number.POSITIVE_INFINITY, ...options }) => {
    const listing = (await clientOf(options)).schedules({ limit: Math.min(count, 100) });
    await printListing(listing, { count, heads: HEADS, rowOf, json: options.json });
  });

const get = apiCommand('get', 'Shows a schedule, with its next times and what became of the latest firing.')
  .argument('<id>', 'which schedule')
  .action(show((client, id) => client.schedule(id)));

const CRON = new Option('--cron <times>', 'by the clock: "30 6 * * MON-FRI", or @daily');
const TIMEZONE = new Option('--timezone <zone>', 'of a cron: such as Europe/Berlin (at first: UTC)');
const EVERY = new Option('--every <time>', 'every so many minutes, hours or days: 15m').argParser(minutesOf('every'));
const OVERLAP = new Option('--overlap <what>', 'while the task before has not ended').choices([
  'skip',
  'queue',
  'cancel',
]);
const MISSED = new Option('--missed <which>', 'are made up for after an outage').choices(['latest', 'all']);

const create = apiCommand('create', 'Has a task made again and again, and prints the id of the schedule.')
  .usage('<type> [input] (--cron <times> | --every <time>) [options]')
  .argument('<type>', 'one of those that `millrace definitions` lists')
  .argument(INPUT, INPUT_MEANS)
  .addOption(CRON)
  .addOption(TIMEZONE)
  .addOption(EVERY)
  .addOption(OVERLAP)
  .addOption(MISSED)
  .option('--title <text>', 'what people call it, which the API has as its name')
  .option('--idempotency-key <text>', 'requests of one such key are one schedule (default: a key of its own)')
  .action(async (type, given, { overlap, missed, title: name, idempotencyKey, ...options }) => {
    const cadence = cadenceOf(options);
    const schedule = { type, input: await inputOf(given), overlap, missed, name, idempotencyKey };
    const made = await (await clientOf(options)).createSchedule({ ...cadence, ...schedule });
    if (options.json === true) return printJson(made);
    note(`It fires at ${made.nextTimes.slice(0, 3).map(timeText).join(', ')} and so on.`);
    console.log(made.id);
  });

const change = apiCommand('change', 'Changes a schedule; what is not given stays.')
  .argument('<id>', 'which schedule')
  .addOption(CRON)
  .addOption(TIMEZONE)
  .addOption(EVERY)
  .option('--input <input>', 'what its next tasks are given: JSON, or @file, or - for the standard input')
  .addOption(OVERLAP)
  .addOption(MISSED)
  .option('--title <text>', 'what people call it')
  .action(
    async (id, { cron, timezone, every: rateMinutes, input: given, overlap, missed, title: name, ...options }) => {
      const input = given === undefined ? undefined : await inputOf(given);
      const wanted = { cron, timezone, rateMinutes, input, overlap, missed, name };
      if (Object.values(wanted).every((value) => value === undefined)) {
        throw new ArgumentError(
          'Say what is to be changed: --cron, --timezone, --every, --input, --overlap, --missed or --title.',
        );
      }
      await show((client) => client.changeSchedule(id, wanted))(id, options);
    },
  );

const pause = apiCommand('pause', 'Lets a schedule fire no more, until it is resumed.')
  .argument('<id>', 'which schedule')
  .action(show((client, id) => client.pauseSchedule(id)));

const resume = apiCommand('resume', 'Lets a schedule fire again; what came due meanwhile is left out.')
  .argument('<id>', 'which schedule')
  .action(show((client, id) => client.resumeSchedule(id)));

const run = apiCommand('run', 'Fires a schedule now, and prints the id of the task.')
  .argument('<id>', 'which schedule')
  .action(async (id, options) => {
    const task = await (await clientOf(options)).runSchedule(id);
    if (options.json === true) printJson(task);
    else console.log(task.id);
  });

const remove = apiCommand('delete', 'Deletes a schedule; the tasks that it has made go on.')
  .argument('<id>', 'which schedule')
  .action(async (id, options) => {
    const deleted = await (await clientOf(options)).deleteSchedule(id);
    if (options.json === true) printJson(deleted);
    else note(`The schedule ${deleted.id} is deleted.`);
  });

const schedulesCommand = npmCommand('millrace schedules', 'Shows and changes what makes tasks again and again.')
  .addCommand(list, { isDefault: true })
  .addCommand(get)
  .addCommand(create)
  .addCommand(change)
  .addCommand(pause)
  .addCommand(resume)
  .addCommand(run)
  .addCommand(remove);

/** Is the command `millrace schedules`. */
export const schedules = runnable(schedulesCommand);

type Times = {
  readonly cron?: string | undefined;
  readonly timezone?: string | undefined;
  readonly every?: number | undefined;
};

function cadenceOf({ cron, timezone, every: rateMinutes }: Times): Cadence {
  if (cron !== undefined && rateMinutes === undefined) return { cron, timezone };
  if (cron === undefined && rateMinutes !== undefined && timezone === undefined) return { rateMinutes };
  throw new ArgumentError('Give --cron, which may have a --timezone, or --every.');
}

/** Makes an action that shows what a call answers of a schedule. */
function show(call: (client: Client, id: string) => Promise<Schedule>) {
  return async (id: string, options: ApiOptions): Promise<void> => {
    const schedule = await call(await clientOf(options), id);
    if (options.json === true) printJson(schedule);
    else printSchedule(schedule);
  };
}

const rowOf = (schedule: ScheduleSummary): Cell[] => [
  schedule.id,
  schedule.type,
  timesText(schedule),
  schedule.paused ? { text: 'paused', colour: 'yellow' } : (schedule.nextTime && timeText(schedule.nextTime)) || '-',
  schedule.last?.outcome ?? '-',
  schedule.name ?? '',
];

const timesText = ({ cron, timezone, rateMinutes }: ScheduleSummary): string =>
  cron === undefined ? `every ${rateMinutes} min` : `${cron} ${timezone ?? ''}`.trim();

function printSchedule(schedule: Schedule): void {
  const { last, input } = schedule;
  const outcome = last && [last.outcome, `at ${timeText(last.at)}`, last.reason].filter(Boolean).join(' ');
  printFacts({
    id: schedule.id,
    name: schedule.name,
    type: schedule.type,
    times: timesText(schedule),
    paused: schedule.paused ? { text: 'yes', colour: 'yellow' } : 'no',
    next: schedule.nextTimes.map(timeText).join(', '),
    last: outcome,
    task: schedule.lastTaskId && [schedule.lastTaskId, schedule.lastTaskStatus].filter(Boolean).join(' '),
    overlap: schedule.overlap,
    skipped: String(schedule.skipped),
    missed: schedule.missed,
    source: schedule.source,
    tenant: schedule.tenantId,
    created: timeText(schedule.createdAt),
  });
  if (input !== undefined) printValue('input', input);
}

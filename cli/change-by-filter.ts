import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BulkAction, BulkCount, NewBulkAction } from '../client/bulk-actions.ts';
import type { Client } from '../client/client.ts';
import { MillraceError } from '../client/millrace-error.ts';
import { type Named, optionsOf } from './deployment/find-deployment.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { interruption } from './interruption.ts';
import { ArgumentError } from './npm-command.ts';
import { countOf, taskIdsOf } from './option-values.ts';
import { type FilterOptions, filteringCommand, taskFilterOf } from './task-filter.ts';
import { barOf, numberText } from './terminal/bar.ts';
import { counted, note, printJson, printTable } from './terminal/print.ts';
import { createScreen, oneLine } from './terminal/screen.ts';

/** Makes a command that does something to the tasks that are named, or to all that fit a filter. */
export const changingCommand = (name: string, description: string) =>
  filteringCommand(name, description)
    .argument('[id...]', 'which tasks; without them, those that fit the filter', taskIdsOf)
    .option('--rate <count>', 'so many tasks a second, at most (default: 50)', countOf('rate'))
    .option('--dry-run', 'only say how many fit')
    .option('--yes', 'do not ask');

type ByFilter = {
  readonly rate?: number | undefined;
  readonly dryRun?: true | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
};

/** Says whether a command is to go by a filter. Throws `ArgumentError` where it is told both, or neither. */
export function isByFilter(ids: readonly string[], options: FilterOptions & ByFilter): boolean {
  const isFiltered = Object.values(taskFilterOf(options)).some((field) => field !== undefined);
  if (ids.length > 0) {
    const { rate, dryRun, yes } = options;
    if (!isFiltered && [rate, dryRun, yes].every((option) => option === undefined)) return false;
    throw new ArgumentError('Ids and a filter say two things: give one of them.');
  }
  if (isFiltered) return true;
  throw new ArgumentError('Say which tasks: their ids, or a filter such as --status failed --type greet --since 1h.');
}

/** What a verb makes of a task, for people. */
const PARTICIPLES = { retry: 'retried', cancel: 'cancelled', delete: 'deleted' } as const;

/** Between two looks at how far it is. */
const LOOK_MILLISECONDS = 1_000;

/** Does something to all tasks that fit a filter: counts them, asks, and shows how far it is until it has ended. */
export async function changeByFilter(
  client: Client,
  verb: NewBulkAction['action'],
  options: FilterOptions & ByFilter & Named,
): Promise<void> {
  const action: NewBulkAction = { action: verb, filter: taskFilterOf(options), ratePerSecond: options.rate };
  const count = await client.countForBulkAction(action);
  if (options.dryRun === true) {
    if (options.json === true) printJson(count);
    else console.log(`${tasksText(count)} would be ${PARTICIPLES[verb]}.`);
    return;
  }
  if (count.counts.matched === 0) return note('No task matches.');
  if (options.yes !== true) await confirm(`${tasksText(count)} will be ${PARTICIPLES[verb]}. Go on? [y/N] `);
  const made = await client.createBulkAction(action);
  const ended = await follow(client, made, options);
  if (options.json === true) printJson(ended);
  else showAccount(ended);
  if (ended.status !== 'succeeded') throw new CommandError(`The bulk action ${ended.id} ${ended.status}.`, EXIT.failed);
}

const tasksText = ({ counts, isExact }: BulkCount): string =>
  `${isExact ? '' : 'More than '}${counted(counts.matched, 'task')}`;

/** Asks whoever sits at the terminal. Throws where he does not say yes, or nobody sits there. */
async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new ArgumentError('Nobody is there to be asked: say --yes, or --dry-run to see how many tasks match.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const said = await terminal.question(question);
  terminal.close();
  if (!/^y(es)?$/i.test(said.trim())) throw new CommandError('Nothing was done.', EXIT.failed);
}

/** Shows how far a bulk action is, and returns it when it has ended. */
async function follow(client: Client, made: BulkAction, named: Named): Promise<BulkAction> {
  const goesOn = `The bulk action goes on: \`millrace bulk-actions get ${made.id}${optionsOf(named)}\` shows it, \`... abort\` ends it.`;
  const signal = interruption(goesOn);
  const screen = process.stderr.isTTY === true ? createScreen(process.stderr) : undefined;
  let action = made;
  try {
    while (action.status === 'running') {
      screen?.draw([oneLine(progressText(action), process.stderr)]);
      await sleep(LOOK_MILLISECONDS, undefined, { signal });
      action = await client.bulkAction(made.id, { signal });
    }
    return action;
  } catch (error) {
    // A sleep ends with an error of its own.
    if (signal.aborted) throw signal.reason;
    if (error instanceof MillraceError) note(goesOn);
    throw error;
  } finally {
    screen?.clear();
  }
}

/** Shows in a line how far a bulk action is. */
export function progressText({ isCounted, counts: { matched, done, refused } }: BulkAction): string {
  if (!isCounted) return `counts: ${numberText(matched)} so far`;
  const share = matched === 0 ? 1 : Math.min(1, (done + refused) / matched);
  const told = refused > 0 ? `  ${numberText(refused)} refused` : '';
  return `${barOf(share)}  ${numberText(done)} of ${numberText(matched)}${told}`;
}

/** Shows what has come of a bulk action. */
export function showAccount({ action, counts, refusals }: BulkAction): void {
  const { matched, done, refused } = counts;
  const refusal = refused === 0 ? '' : `; ${refused} refused`;
  console.log(`${done} of ${counted(matched, 'task')} ${PARTICIPLES[action]}${refusal}.`);
  if (refusals.length === 0) return;
  printTable([
    ['REFUSED', 'TASKS', 'SUCH AS'],
    ...refusals.map(({ code, count, exampleIds }) => [code, String(count), exampleIds.join(' ')]),
  ]);
}

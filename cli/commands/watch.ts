import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskSummary } from '../../client/answers.ts';
import type { Client, PageSize } from '../../client/client.ts';
import { MillraceError } from '../../client/millrace-error.ts';
import type { TaskFilter } from '../../client/task-filter.ts';
import { clientOf } from '../api-command.ts';
import { EXIT, sentenceOf } from '../exit-code.ts';
import { lengthText } from '../length-text.ts';
import { optionWithDefault, runnable } from '../npm-command.ts';
import { countOf, secondsOf } from '../option-values.ts';
import { printable } from '../printable.ts';
import { filteringCommand, taskFilterOf } from '../task-filter.ts';
import { headsOf, noteOf, taskRow } from '../task-text.ts';
import { showsColours } from '../terminal/colour.ts';
import { note, printJson } from '../terminal/print.ts';
import { createScreen, oneLine } from '../terminal/screen.ts';
import { tableLines } from '../terminal/table.ts';

/** Is shown what there is now: the newest tasks, or why they could not be read. */
type View = (now: { readonly tasks: readonly TaskSummary[]; readonly failure?: string | undefined }) => void;

const watchCommand = filteringCommand(
  'millrace watch',
  'Shows the newest tasks as they are, until Ctrl-C; on a pipe, a line for each change.',
)
  .option('--limit <count>', 'so many at most (default: 20)', countOf('limit'))
  .addOption(optionWithDefault('--interval <time>', 'between two looks', secondsOf('interval'), '2s'))
  .action(async ({ limit = 20, interval, ...options }) => {
    // Whoever watches wants to know soon that nobody answers.
    const client = await clientOf({ ...options, deadline: options.deadline ?? 5 });
    const isScreen = process.stdout.isTTY === true && options.json !== true;
    const view = isScreen ? screenView() : lineView(options.json === true ? printJson : printLine);
    await look(client, { ...taskFilterOf(options), limit: Math.min(limit, 100) }, interval, view);
  });

/** Is the command `millrace watch`. */
export const watch = runnable(watchCommand);

/** Looks again and again. What is wrong for a while is shown; throws what stays wrong. */
async function look(
  client: Client,
  filter: TaskFilter & PageSize,
  intervalSeconds: number,
  view: View,
): Promise<never> {
  let tasks: readonly TaskSummary[] = [];
  for (;;) {
    let failure: string | undefined;
    try {
      tasks = (await client.list(filter).page()).items;
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.isPassing) throw error;
      failure = sentenceOf(error);
    }
    view({ tasks, failure });
    await sleep(intervalSeconds * 1000);
  }
}

function screenView(): View {
  const { stdout } = process;
  const screen = createScreen(stdout);
  // What was drawn last stays, above the prompt.
  process.once('SIGINT', () => stdout.write('\n', () => process.exit(EXIT.interrupted)));
  return ({ tasks, failure }) => {
    const time = new Date().toISOString().replace(/^.*T(.*)\..*$/, '$1');
    const table = tableLines([headsOf('AGE'), ...tasks.map((task) => taskRow(task, ageText(task)))], {
      width: stdout.columns - 1,
      isColourful: showsColours(stdout),
    });
    const head = printable(failure ?? countText(tasks));
    screen.draw([oneLine(`${time}  ${head}`, stdout), ...table]);
  };
}

const ageText = ({ createdAt }: TaskSummary): string =>
  lengthText(Math.max(0, Math.round((Date.now() - Date.parse(createdAt)) / 1000)));

function countText(tasks: readonly TaskSummary[]): string {
  const counts = new Map<string, number>();
  for (const { status } of tasks) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts.size === 0 ? 'no tasks' : [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}

/** Prints each task that is new, or is otherwise than it was at the look before. */
function lineView(print: (task: TaskSummary) => void): View {
  let before: ReadonlyMap<string, string> = new Map();
  return ({ tasks, failure }) => {
    if (failure !== undefined) note(failure);
    const now = new Map(tasks.map((task) => [task.id, JSON.stringify(task)]));
    // Lists have the newest first.
    for (const task of tasks.toReversed()) if (before.get(task.id) !== now.get(task.id)) print(task);
    before = now;
  };
}

function printLine(task: TaskSummary): void {
  const cells = [new Date().toISOString(), task.id, task.type, task.status, noteOf(task)];
  console.log(printable(cells.join('  ').trimEnd()));
}

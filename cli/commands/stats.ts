import type { Counts } from '../../client/answers.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { lengthText } from '../length-text.ts';
import { runnable } from '../npm-command.ts';
import { beginningOf, secondsOf, timeOf } from '../option-values.ts';
import { timeText } from '../task-text.ts';
import { note, printJson, printTable } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = [
  'TYPE',
  'ACCEPTED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'RETRIED',
  'WAIT P50',
  'P99',
  'RUN P50',
  'P99',
  'COST',
];

const statsCommand = apiCommand(
  'millrace stats',
  'Counts what happened to tasks: of the last hour, unless told otherwise.',
)
  .option('--type <type>', 'only those of a type')
  .option('--since <time>', 'how far back, up to 24h: a number of s, m, h or d', secondsOf('since'))
  .option('--from <time>', 'from then on: 2026-01-31T06:30:00Z', timeOf('from'))
  .option('--to <time>', 'until then', timeOf('to'))
  .action(async ({ type, since, from, to, ...options }) => {
    const begin = beginningOf({ since, from });
    const found = await (await clientOf(options)).statistics({ type, from: begin, to });
    if (options.json === true) return printJson(found);
    note(`From ${timeText(found.from)} to ${timeText(found.to)}:`);
    const rows = found.byType.map((counts) => rowOf(counts.type, counts));
    printTable([HEADS, ...rows, rowOf('in all', found.total)], HEADS.map((_, column) => column).slice(1));
  });

/** Is the command `millrace stats`. */
export const stats = runnable(statsCommand);

const rowOf = (name: string, counts: Counts): Cell[] => [
  name,
  String(counts.accepted),
  String(counts.succeeded),
  { text: String(counts.failed), colour: counts.failed > 0 ? 'red' : undefined },
  String(counts.cancelled),
  String(counts.retried),
  millisecondsText(counts.waitMilliseconds?.p50),
  millisecondsText(counts.waitMilliseconds?.p99),
  millisecondsText(counts.runMilliseconds?.p50),
  millisecondsText(counts.runMilliseconds?.p99),
  `$${counts.cost.usd.toFixed(counts.cost.usd < 0.01 ? 6 : 2)}`,
];

const millisecondsText = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '-' : lengthText(milliseconds / 1000);

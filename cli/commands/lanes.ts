import type { Lane } from '../../client/answers.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { lengthText } from '../length-text.ts';
import { runnable } from '../npm-command.ts';
import { printJson, printTable } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['LANE', 'WAITING', 'RUNNING', 'EXECUTORS', 'DEAD IN CLASS', 'WAIT', 'TAKES WORK'];

const lanesCommand = apiCommand('millrace lanes', 'Shows the lanes: what waits in them, and how long.').action(
  async (options) => {
    const found = await (await clientOf(options)).lanes();
    if (options.json === true) for (const lane of found) printJson(lane);
    else printTable([HEADS, ...found.map(rowOf)], [1, 2, 3, 4, 5]);
  },
);

/** Is the command `millrace lanes`. */
export const lanes = runnable(lanesCommand);

const rowOf = (lane: Lane): Cell[] => [
  lane.name,
  String(lane.depth),
  String(lane.inFlight),
  String(lane.maxConcurrency),
  { text: String(lane.deadLetters), colour: lane.deadLetters > 0 ? 'red' : undefined },
  lane.estimatedWaitSeconds === null ? '-' : lengthText(lane.estimatedWaitSeconds),
  lane.admission === 'open' ? 'yes' : { text: 'no', colour: 'yellow' },
];

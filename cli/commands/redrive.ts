import type { DeadLetter, Redriven } from '../../client/answers.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { runnable } from '../npm-command.ts';
import { timeText } from '../task-text.ts';
import { counted, note, printJson, printTable } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['SENT', 'REASON', 'TYPE', 'TASK', 'STATUS'];

const redriveCommand = apiCommand('millrace redrive', "Sends a lane's dead letters to it again.")
  .argument('<lane>', 'such as default-high-0, as `millrace lanes` lists them')
  .option('--dry-run', 'send none, and show why they are dead')
  .action(async (lane, options) => {
    const client = await clientOf(options);
    if (options.dryRun === true) {
      const letters = await client.deadLetters(lane);
      if (options.json === true) for (const letter of letters.items) printJson(letter);
      else if (letters.items.length === 0) note('There are none.');
      else printTable([HEADS, ...letters.items.map(rowOf)]);
      if (letters.hasMore) note('There are more than these.');
      return;
    }
    for (;;) {
      const redriven = await client.redrive(lane);
      if (options.json === true) printJson(redriven);
      else console.log(sentence(redriven));
      // Where a call sends none, those that are left would not be sent by the next either.
      if (!redriven.hasMore || redriven.messages === 0) return;
    }
  });

/** Is the command `millrace redrive`. */
export const redrive = runnable(redriveCommand);

const rowOf = ({ sentAt, reason, task }: DeadLetter): Cell[] => [
  timeText(sentAt),
  reason.code,
  task?.type ?? '-',
  task?.id ?? '-',
  task?.status ?? '-',
];

function sentence({ messages, tasks, unreadable, refused, ofOthers, hasMore, isAnotherUnderWay }: Redriven): string {
  const others = [
    unreadable > 0 ? `${unreadable} could not be read` : '',
    refused > 0 ? `${refused} were refused` : '',
    ofOthers > 0 ? `${ofOthers} are of other tenants` : '',
    hasMore && messages === 0 ? 'there are more' : '',
    isAnotherUnderWay === true ? 'another call has some in hand' : '',
  ].filter((text) => text !== '');
  const sent = `${counted(messages, 'dead letter')} sent again, with ${counted(tasks, 'task')}`;
  return `${[sent, ...others].join('; ')}.`;
}

import { readFile } from 'node:fs/promises';
import type { DeadLetterDetails } from '../../client/answers.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { ArgumentError, npmCommand, runnable } from '../npm-command.ts';
import { timeText } from '../task-text.ts';
import { counted, note, printFacts, printJson, printTable, printValue } from '../terminal/print.ts';

const LANE = 'such as default-high-0, as `millrace lanes` lists them';
const ID = 'its message id, as the list has it';

const list = apiCommand('list', "Lists some of a lane's dead letters, and why they are dead.")
  .argument('<lane>', LANE)
  .action(async (lane, options) => {
    const letters = await (await clientOf(options)).deadLetters(lane);
    if (options.json === true) for (const letter of letters.items) printJson(letter);
    else if (letters.items.length === 0) note('There are none.');
    else {
      const rows = letters.items.map(({ messageId, sentAt, reason, task }) => [
        messageId,
        timeText(sentAt),
        reason.code,
        task?.type ?? '-',
        task?.id ?? '-',
        task?.status ?? '-',
      ]);
      printTable([['MESSAGE', 'SENT', 'REASON', 'TYPE', 'TASK', 'STATUS'], ...rows]);
    }
    if (letters.hasMore) note('There are more than these.');
  });

const get = apiCommand(
  'get',
  'Shows a dead letter, and what is in it; with --json also the message, to be changed and sent.',
)
  .argument('<lane>', LANE)
  .argument('<id>', ID)
  .action(async (lane, id, options) => {
    const letter = await (await clientOf(options)).deadLetter(lane, id);
    if (options.json === true) printJson(letter);
    else printLetter(letter);
  });

const redrive = apiCommand('redrive', 'Sends a dead letter to its lane again, as it is or changed.')
  .argument('<lane>', LANE)
  .argument('<id>', ID)
  .option('--message <file>', 'send what is in this file of JSON instead')
  .action(async (lane, id, { message, ...options }) => {
    const changed = message === undefined ? undefined : await messageIn(message);
    const sent = await (await clientOf(options)).redriveDeadLetter(lane, id, changed);
    if (options.json === true) printJson(sent);
    else console.log(`${sent.id} sent again, with ${counted(sent.tasks, 'task')}.`);
  });

const drop = apiCommand('drop', 'Drops a dead letter, and cancels the tasks in it that have not ended.')
  .argument('<lane>', LANE)
  .argument('<id>', ID)
  .action(async (lane, id, options) => {
    const dropped = await (await clientOf(options)).dropDeadLetter(lane, id);
    if (options.json === true) printJson(dropped);
    else console.log(`${dropped.id} dropped; ${counted(dropped.cancelled, 'task')} cancelled.`);
  });

const deadLettersCommand = npmCommand('millrace dead-letters', 'Shows, sends again and drops single dead letters.')
  .addCommand(list)
  .addCommand(get)
  .addCommand(redrive)
  .addCommand(drop);

/** Is the command `millrace dead-letters`. */
export const deadLetters = runnable(deadLettersCommand);

async function messageIn(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ArgumentError(`--message "${file}" cannot be read.`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new ArgumentError(`--message "${file}" holds no JSON.`);
  }
}

function printLetter({ messageId, sentAt, reason, tasks, ofOthers, text }: DeadLetterDetails): void {
  printFacts({
    message: messageId,
    sent: timeText(sentAt),
    reason: `${reason.code}: ${reason.message}`,
    'other tenants': ofOthers === 0 ? undefined : counted(ofOthers, 'task'),
  });
  for (const { id, type, tenantId, status, input } of tasks) {
    printFacts({ task: id, type, tenant: tenantId, status });
    printValue('input', input);
  }
  if (text !== undefined) printValue('text', text);
}

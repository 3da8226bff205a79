import type { Client } from '../../client/client.ts';
import type { SigningSecret, Webhook } from '../../client/webhooks.ts';
import { type ApiOptions, apiCommand, clientOf } from '../api-command.ts';
import { npmCommand, runnable } from '../npm-command.ts';
import { endStatusesOf, listOf } from '../option-values.ts';
import { timeText } from '../task-text.ts';
import { note, printFacts, printJson, printTable } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['ID', 'URL', 'TYPES', 'STATUSES', 'PAUSED', 'NAME'];

const list = apiCommand('list', 'Lists webhooks.').action(async (options) => {
  const found = await (await clientOf(options)).webhooks();
  if (options.json === true) for (const webhook of found) printJson(webhook);
  else if (found.length === 0) note('There are none.');
  else printTable([HEADS, ...found.map(rowOf)]);
});

const get = apiCommand('get', 'Shows a webhook.')
  .argument('<id>', 'which webhook')
  .action(show((client, id) => client.webhook(id)));

const create = apiCommand(
  'create',
  'Has the ends of tasks told to a URL, and prints the secret by which they are signed.',
)
  .argument('<url>', 'where to POST it, within the outboundHosts of the deployment')
  .option(
    '--types <type,...>',
    'of tasks of these types, subtasks too (default: of all that are no subtasks)',
    listOf('types'),
  )
  .option('--statuses <status,...>', 'of succeeded, failed, cancelled (default: all)', endStatusesOf('statuses'))
  .option('--include-output', 'tell the output, too, up to 64 KB of it')
  .option('--title <text>', 'what people call it, which the API has as its name')
  .option('--idempotency-key <text>', 'requests of one such key are one webhook (default: a key of its own)')
  .action(async (url, { types, statuses, includeOutput, title: name, idempotencyKey, ...options }) => {
    const client = await clientOf(options);
    const made = await client.createWebhook({ url, types, statuses, includeOutput, name, idempotencyKey });
    showSecret(made, `The webhook is ${made.id}.`, options);
  });

const pause = apiCommand('pause', 'Tells a webhook nothing, until it is resumed.')
  .argument('<id>', 'which webhook')
  .action(show((client, id) => client.pauseWebhook(id)));

const resume = apiCommand('resume', 'Tells a webhook again of what ends from now on.')
  .argument('<id>', 'which webhook')
  .action(show((client, id) => client.resumeWebhook(id)));

const rotate = apiCommand('rotate', 'Makes another secret, and prints it; for a day the one before signs as well.')
  .argument('[id]', 'of which webhook (default: of none, but of what submits ask for by --on-end)')
  .action(async (id, options) => showSecret(await (await clientOf(options)).rotateSecret(id), '', options));

const remove = apiCommand('delete', 'Deletes a webhook; what is under way to it fails.')
  .argument('<id>', 'which webhook')
  .action(async (id, options) => {
    const deleted = await (await clientOf(options)).deleteWebhook(id);
    if (options.json === true) printJson(deleted);
    else note(`The webhook ${deleted.id} is deleted.`);
  });

const webhooksCommand = npmCommand('millrace webhooks', 'Shows and changes who is told of the ends of tasks.')
  .addCommand(list, { isDefault: true })
  .addCommand(get)
  .addCommand(create)
  .addCommand(pause)
  .addCommand(resume)
  .addCommand(rotate)
  .addCommand(remove);

/** Is the command `millrace webhooks`. */
export const webhooks = runnable(webhooksCommand);

/** Makes an action that shows what a call answers of a webhook. */
function show(call: (client: Client, id: string) => Promise<Webhook>) {
  return async (id: string, options: ApiOptions): Promise<void> => {
    const webhook = await call(await clientOf(options), id);
    if (options.json === true) printJson(webhook);
    else printWebhook(webhook);
  };
}

function showSecret(made: SigningSecret, before: string, { json }: ApiOptions): void {
  if (json === true) {
    printJson(made);
    return;
  }
  const until = made.previousUntil;
  const both = until === undefined ? '' : ` The one before signs as well until ${timeText(until)}.`;
  note(`${before} Keep the secret: it is shown only now.${both}`.trim());
  console.log(made.secret);
}

const rowOf = (webhook: Webhook): Cell[] => [
  webhook.id,
  webhook.url,
  textOf(webhook.types),
  textOf(webhook.statuses),
  webhook.paused ? { text: webhook.pauseReason ?? 'yes', colour: 'yellow' } : '-',
  webhook.name ?? '',
];

const textOf = (names: readonly string[] | undefined): string => names?.join(', ') ?? 'all';

function printWebhook(webhook: Webhook): void {
  const { paused, pauseReason, pausedAt } = webhook;
  const reason = pauseReason === 'gone' ? 'its receiver has answered 410' : 'as asked';
  printFacts({
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    types: textOf(webhook.types),
    statuses: textOf(webhook.statuses),
    output: webhook.includeOutput ? 'is told, too' : 'is not told',
    paused: paused
      ? { text: `${reason}${pausedAt === undefined ? '' : ` since ${timeText(pausedAt)}`}`, colour: 'yellow' }
      : 'no',
    tenant: webhook.tenantId,
    created: timeText(webhook.createdAt),
  });
}

import { apiCommand, clientOf } from '../api-command.ts';
import { runnable } from '../npm-command.ts';
import { beginningOf, countOf, secondsOf, timeOf } from '../option-values.ts';
import { timeText } from '../task-text.ts';
import { printListing } from '../terminal/print-listing.ts';

const auditCommand = apiCommand(
  'millrace audit',
  'Lists who did what as an operator or administrator, the latest first.',
)
  .option('--actor <id>', 'only what this key, or subject of a token, did')
  .option('--action <name>', 'only calls of this name, such as retryTask')
  .option('--since <time>', 'how far back: a number of s, m, h or d', secondsOf('since'))
  .option('--from <time>', 'from then on (default: 30 days before the end)', timeOf('from'))
  .option('--to <time>', 'before then (default: now)', timeOf('to'))
  .option('--limit <count>', 'so many at most (default: 20)', countOf('limit'))
  .action(async ({ actor, action, since, from, to, limit: count = 20, ...options }) => {
    const begin = beginningOf({ since, from });
    const client = await clientOf(options);
    await printListing(client.audit({ actor, action, from: begin, to, limit: Math.min(count, 100) }), {
      count,
      heads: ['TIME', 'ACTOR', 'ACTION', 'RESOURCE', 'OUTCOME'],
      rowOf: (act) => [timeText(act.time), act.actor.id, act.action, act.resource, String(act.outcome)],
      json: options.json,
    });
  });

/** Is the command `millrace audit`. */
export const audit = runnable(auditCommand);

import { Option } from '@commander-js/extra-typings';
import type { EndTarget } from '../../client/webhooks.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { optionsOf } from '../deployment/find-deployment.ts';
import { ArgumentError, runnable } from '../npm-command.ts';
import { assigneeOf, countOf, endStatusesOf, secondsOf, tagsOf, timeOf } from '../option-values.ts';
import { showOutcome } from '../outcome.ts';
import { INPUT, INPUT_MEANS, inputOf } from '../task-input.ts';
import { note, printJson } from '../terminal/print.ts';

const submitCommand = apiCommand('millrace submit', 'Submits a task, and prints its id.')
  .argument('<type>', 'one of those that `millrace definitions` lists')
  .argument(INPUT, INPUT_MEANS)
  .addOption(new Option('--priority <priority>', "the type's own unless given").choices(['high', 'normal', 'low']))
  .option('--delay <time>', 'run so much later: a number of s, m, h or d', secondsOf('delay'))
  .option('--run-at <time>', 'run then: 2026-01-31T06:30:00Z', timeOf('run-at'))
  .option('--idempotency-key <text>', 'submits of one such key are one task (default: a key of its own)')
  .option('--ttl <time>', 'after so long that key is free again', secondsOf('ttl'))
  .option('--assignee <type:id>', 'whose task it is', assigneeOf)
  .option('--workflow <id>', 'the workflow instance that it is a part of')
  .option('--tag <tag>', 'a word to find it by, such as order/7; may be given ten times', tagsOf)
  .option('--attempts <count>', "how often it is tried at most (default: the type's own)", countOf('attempts'))
  .option(
    '--attempt-timeout <time>',
    "how long one attempt may take (default: the type's own)",
    secondsOf('attempt-timeout'),
  )
  .option('--on-end <url>', 'whom to tell of its end (docs/webhooks.md)')
  .option(
    '--on-end-statuses <status,...>',
    'with --on-end: of which ends (default: all)',
    endStatusesOf('on-end-statuses'),
  )
  .option('--on-end-output', 'with --on-end: tell the output, too')
  .option('--wait', 'until it has ended, and print its output')
  .option('--timeout <time>', 'with --wait: how long (default: 5m)', secondsOf('timeout'))
  .action(async (type, given, options) => {
    if (options.wait !== true && options.timeout !== undefined) throw new ArgumentError('--timeout goes with --wait.');
    if (options.delay !== undefined && options.runAt !== undefined) {
      throw new ArgumentError('--delay and --run-at say two times: give one.');
    }
    if (options.ttl !== undefined && options.idempotencyKey === undefined) {
      throw new ArgumentError('--ttl goes with --idempotency-key.');
    }
    const onEnd = endTargetOf(options);
    const input = await inputOf(given);
    const client = await clientOf(options);
    const task = await client.submit(type, input as never, {
      priority: options.priority,
      delaySeconds: options.delay,
      runAt: options.runAt,
      idempotencyKey: options.idempotencyKey,
      idempotencyKeyTtlSeconds: options.ttl,
      assignee: options.assignee,
      workflowInstanceId: options.workflow,
      tags: options.tag,
      maxAttempts: options.attempts,
      timeoutSeconds: options.attemptTimeout,
      onEnd,
    });
    if (options.wait === true) {
      note(`${task.type} ${task.id} is ${task.status}.`);
      await showOutcome(client, task.id, options);
    } else if (options.json === true) printJson(task);
    else {
      note(`${task.type} is ${task.status}; \`millrace wait ${task.id}${optionsOf(options)}\` waits for it.`);
      console.log(task.id);
    }
  });

/** Is the command `millrace submit`. */
export const submit = runnable(submitCommand);

type OnEnd = {
  readonly onEnd?: string | undefined;
  readonly onEndStatuses?: EndTarget['statuses'];
  readonly onEndOutput?: true | undefined;
};

function endTargetOf({
  onEnd: url,
  onEndStatuses: statuses,
  onEndOutput: includeOutput,
}: OnEnd): EndTarget | undefined {
  if (url !== undefined) return { url, statuses, includeOutput };
  if (statuses !== undefined) throw new ArgumentError('--on-end-statuses goes with --on-end.');
  if (includeOutput !== undefined) throw new ArgumentError('--on-end-output goes with --on-end.');
  return undefined;
}

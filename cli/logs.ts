import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { compact } from '../functions/core/compact.ts';
import { connectionOf } from './connection.ts';
import { logLine } from './log-line.ts';
import { type LogsArguments, logsCommand, parseLogsArguments } from './logs-arguments.ts';
import { runnable } from './npm-command.ts';

/** Each class is a request, and CloudWatch limits those of an account by the second ("CloudWatch Logs quotas"). */
const FOLLOW_MILLISECONDS = 2_000;

/** CloudWatch gets lines some seconds late, and not in order. */
const OVERLAP_MILLISECONDS = 10_000;

/** Prints what executors have logged, in the order of time; goes on where it is to follow. */
async function showLogs(args: LogsArguments, client: CloudWatchLogsClient): Promise<void> {
  const groups = await logGroupsOf(args, client);
  let since = Date.now() - args.sinceMilliseconds;
  let seen: ReadonlySet<string | undefined> = new Set();
  for (;;) {
    const until = Date.now();
    const found = (await Promise.all(groups.map((group) => eventsOf(group, since, args, client)))).flat();
    const fresh = found.filter(({ eventId }) => !seen.has(eventId));
    // What was seen before the overlap does not come again.
    seen = new Set(found.map(({ eventId }) => eventId));
    for (const { message = '' } of fresh.toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))) {
      const line = logLine(message);
      if (line !== undefined) console.log(line);
    }
    if (!args.isFollowing) return;
    since = until - OVERLAP_MILLISECONDS;
    await sleep(FOLLOW_MILLISECONDS);
  }
}

async function logGroupsOf({ deployment, resourceClass }: LogsArguments, client: CloudWatchLogsClient) {
  const logGroupNamePrefix = `/aws/lambda/${deployment}-executor-`;
  const groups: { readonly name: string; readonly resourceClass: string }[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
    for (const { logGroupName: name = '' } of logGroups) {
      // A shard's number is behind the class.
      groups.push({ name, resourceClass: name.slice(logGroupNamePrefix.length).replace(/-\d+$/, '') });
    }
  }
  if (groups.length === 0) throw new Error(`There is no executor of "${deployment}" that has logged anything.`);
  const found = groups.filter((group) => resourceClass === undefined || group.resourceClass === resourceClass);
  if (found.length > 0) return found.map(({ name }) => name);
  const classes = new Set(groups.map((group) => group.resourceClass));
  throw new Error(`--class knows no "${resourceClass}"; "${deployment}" has ${[...classes].join(', ')}.`);
}

async function eventsOf(
  logGroupName: string,
  startTime: number,
  { taskId }: LogsArguments,
  client: CloudWatchLogsClient,
) {
  const filterPattern = taskId === undefined ? undefined : `"${taskId}"`;
  const query = compact({ logGroupName, startTime, filterPattern });
  const found: FilteredLogEvent[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client }, query)) found.push(...events);
  return found;
}

/** Is the command `millrace logs`. */
export const logs = runnable(logsCommand, async (commandLine) => {
  const args = parseLogsArguments(commandLine);
  await showLogs(args, new CloudWatchLogsClient(await connectionOf(args)));
});

if (import.meta.main) await logs.run(process.argv.slice(2));

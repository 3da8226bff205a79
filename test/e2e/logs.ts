import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { awsClient } from '../doubles/aws-client.ts';

const client = new CloudWatchLogsClient(awsClient);

/** Returns what a function has logged since `startTime`, line by line. */
export async function logsOf(functionName: string, startTime = 0): Promise<string[]> {
  const lines: string[] = [];
  const request = { logGroupName: `/aws/lambda/${functionName}`, startTime };
  for await (const { events = [] } of paginateFilterLogEvents({ client }, request)) {
    lines.push(...events.map(({ message = '' }) => message));
  }
  return lines;
}

/** Waits until a function has logged the ends of all attempts of a task: an invocation's lines and metrics come when it has ended. */
export async function untilLogged(
  functionName: string,
  { id, attempt }: Pick<TaskView, 'id' | 'attempt'>,
): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    const lines = (await logsOf(functionName)).filter((line) => line.includes(id) && line.includes('"duration_ms"'));
    if (lines.length >= attempt) return;
    if (Date.now() > deadline) throw new Error(`${functionName} has logged ${lines.length} attempts of ${id}`);
  }
}

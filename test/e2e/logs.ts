import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { awsClient } from '../doubles/aws-client.ts';

const client = new CloudWatchLogsClient(awsClient);

/** What a function has logged since `startTime`, line by line. */
export async function logsOf(functionName: string, startTime = 0): Promise<string[]> {
  const lines: string[] = [];
  const request = { logGroupName: `/aws/lambda/${functionName}`, startTime };
  for await (const { events = [] } of paginateFilterLogEvents({ client }, request)) {
    lines.push(...events.map(({ message = '' }) => message));
  }
  return lines;
}

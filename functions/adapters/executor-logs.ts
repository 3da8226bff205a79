import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { compact } from '../core/compact.ts';
import { laneOf } from '../core/lane/lane.ts';
import type { ExecutorLogs, LogQuery } from '../core/task/task-logs.ts';
import { logGroupNameOf } from '../resource-classes.ts';

/** CloudWatch refuses by these, beside what it fails with. */
const BUSY = ['ThrottlingException', 'LimitExceededException', 'ServiceUnavailableException'];

/**
 * The logs of executors in CloudWatch Logs, of which each executor has a group of its own. The client is loaded by the first who
 * asks: hardly any request does.
 */
export class CloudWatchExecutorLogs implements ExecutorLogs {
  readonly #connect: () => Promise<CloudWatchLogsClient>;
  readonly #namePrefix: string;
  #client: Promise<CloudWatchLogsClient> | undefined;

  /** `namePrefix` is what the names of the deployment begin with: `millrace-`. */
  constructor(connect: () => Promise<CloudWatchLogsClient>, namePrefix: string) {
    this.#connect = connect;
    this.#namePrefix = namePrefix;
  }

  async find({ executorKey, containing, from, to, most, token }: LogQuery): ReturnType<ExecutorLogs['find']> {
    this.#client ??= this.#connect();
    const [client, { FilterLogEventsCommand }] = await Promise.all([
      this.#client,
      import('@aws-sdk/client-cloudwatch-logs'),
    ]);
    const { resourceClass, shard } = laneOf(executorKey);
    const query = {
      logGroupName: logGroupNameOf(this.#namePrefix, resourceClass, shard),
      filterPattern: `"${containing}"`,
      startTime: Math.max(0, from),
      endTime: to,
      limit: most,
      nextToken: token,
    };
    try {
      const { events = [], nextToken: next } = await client.send(new FilterLogEventsCommand(compact(query)));
      const lines = events.map(({ timestamp = 0, message = '' }) => ({ at: timestamp, text: message }));
      return compact({ lines, next });
    } catch (error) {
      const { name } = error as Error;
      if (BUSY.includes(name)) return 'busy';
      // An executor that was never called has logged nothing, and one whose class has gone nothing any more.
      if (name === 'ResourceNotFoundException') return { lines: [] };
      if (name === 'InvalidParameterException' && token !== undefined) return 'stale';
      throw error;
    }
  }
}

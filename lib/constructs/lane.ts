import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  executorKeyOf,
  LANE_RETENTION_DAYS,
  type LaneKind,
  MAX_RECEIVE_COUNT,
  queueNameOf,
  type ResourceClass,
} from '../../functions/contract.ts';
import { classOf, shareOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../config.ts';
import { acknowledge } from './acknowledge.ts';
import type { BatchWindow } from './batch-window.ts';
import type { ServiceFunction } from './service-function.ts';

/** A message is hidden for six times the function's timeout, so that a throttled batch is not delivered twice, and as long as it waits for others. */
const VISIBILITY_FACTOR = 6;

/** With little traffic, Lambda waits that long however short the window is (its guide, "Using Lambda with Amazon SQS"). */
const QUIET_WINDOW_SECONDS = 20;

/**
 * Where nothing is reserved, Lambda may refuse a message in vain as often as there is no room for it, and each time counts. Tasks that
 * crash their executors end by their attempts all the same.
 */
const UNRESERVED_RECEIVE_COUNT = 1_000;

export type LaneProps = {
  readonly config: DeployConfig;
  readonly resourceClass: ResourceClass;
  readonly kind: LaneKind;
  readonly shard: number;
  readonly executor: ServiceFunction;
  readonly deadLetterQueue: Queue;
  readonly batchWindow: BatchWindow;
};

/** Makes the queue of one (resource class, kind), and the event source that hands its messages to the class's executor. */
export class Lane extends Construct {
  readonly queue: Queue;

  constructor(
    scope: Construct,
    id: string,
    { config, resourceClass, kind, shard, executor, deadLetterQueue, batchWindow }: LaneProps,
  ) {
    super(scope, id);
    const deployed = classOf(config.classes, resourceClass);
    const { functionTimeoutSeconds } = deployed;
    const { messages, windowSeconds } = batchWindow;
    const longestSeconds = windowSeconds === 0 ? 0 : Math.max(windowSeconds, QUIET_WINDOW_SECONDS);
    this.queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      queueName: laneQueueName(config, resourceClass, kind, shard),
      visibilityTimeout: Duration.seconds(functionTimeoutSeconds * VISIBILITY_FACTOR + longestSeconds),
      retentionPeriod: Duration.days(LANE_RETENTION_DAYS),
      deadLetterQueue: {
        queue: deadLetterQueue,
        maxReceiveCount: config.reservations ? MAX_RECEIVE_COUNT : UNRESERVED_RECEIVE_COUNT,
      },
    });
    this.queue.grantConsumeMessages(executor);
    const mapping = new EventSourceMapping(this, 'EventSource', {
      target: executor.live,
      eventSourceArn: this.queue.queueArn,
      batchSize: messages,
      ...(windowSeconds === 0 ? {} : { maxBatchingWindow: Duration.seconds(windowSeconds) }),
      maxConcurrency: shareOf(deployed, kind),
      reportBatchItemFailures: true,
    });
    // Lambda asks whether the role may receive. Of an executor that is there already, the policy changes beside this.
    mapping.node.addDependency(executor.policy);
    acknowledge(
      mapping,
      'Serverless-LambdaEventSourceMappingDestination',
      'An event source of SQS takes no destination: the queue has its dead letters',
    );
  }
}

/** Returns the name of a lane's queue, known without the stack that makes it. */
export const laneQueueName = (
  { name }: DeployConfig,
  resourceClass: ResourceClass,
  kind: LaneKind,
  shard: number,
): string => `${name}-${queueNameOf(executorKeyOf(resourceClass, kind, shard))}`;

/** Returns the shards of a class, from 0 on. */
export const shardsOf = ({ classes }: DeployConfig, resourceClass: ResourceClass): number[] => [
  ...Array(classOf(classes, resourceClass).shards).keys(),
];

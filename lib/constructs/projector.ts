import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, type DynamoEventSourceProps, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { MAX_CHANGE_AGE_SECONDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import type { DataStack } from '../stacks/data-stack.ts';
import { acknowledge } from './acknowledge.ts';
import { DeadLetters } from './dead-letters.ts';
import { classesText, deliveryLaneArns, queueUrlPrefix } from './executor-pool.ts';
import { ServiceFunction } from './service-function.ts';
import { stepPricesOf } from './step-prices.ts';

export const PROJECTOR_MEMORY_MB = 256;

/** These functions read the streams, each for what it makes of them. */
const PROJECTORS = { statistics: 'projector', events: 'events' } as const;

/** A batch is gathered for so long, and each function reads so: records at once, and batches of one shard of a stream at a time. */
export const STREAM_WINDOW_SECONDS = 1;
export const STREAM_PACES = {
  // Statistics count once because a shard is told in order (docs/decisions/statistics-count-once.md).
  statistics: { batchSize: 1000, parallelizationFactor: 1 },
  // The changes of one task stay in order, since a lane of a shard takes all changes of a key.
  events: { batchSize: 100, parallelizationFactor: 10 },
} as const;

export const projectorsOf = ({ taskEvents }: DeployConfig): string[] => [
  PROJECTORS.statistics,
  ...(taskEvents ? [PROJECTORS.events] : []),
];

export const projectorDeadLetterQueueName = ({ name }: DeployConfig): string => `${name}-projector-dead-letters`;

type ProjectorProps = { readonly config: DeployConfig; readonly data: DataStack };

/**
 * Counts what happens to tasks, has their ends told to webhooks, and tells the event bus, from the streams of their tables: no caller
 * waits for it.
 * Each reads the streams for itself, so that a bus which takes no more events holds up no count.
 */
export class Projector extends Construct {
  constructor(scope: Construct, id: string, { config, data }: ProjectorProps) {
    super(scope, id);
    const deadLetters = new DeadLetters(this, projectorDeadLetterQueueName(config));
    acknowledge(
      deadLetters,
      'AwsSolutions-SQS3',
      'It is itself where dead letters go, of streams rather than of a queue',
    );
    const counter = new ServiceFunction(this, 'Projector', {
      config,
      door: 'projector',
      name: PROJECTORS.statistics,
      description: 'Counts what happens to tasks, and has their ends told to webhooks',
      memoryMb: PROJECTOR_MEMORY_MB,
      timeoutSeconds: 60,
      environment: {
        ...data.taskEnvironment,
        statisticsTable: data.statistics.tableName,
        webhooksTable: data.webhooks.tableName,
        historyTable: data.history.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        classes: classesText(config),
        stepPrices: JSON.stringify(stepPricesOf(config)),
      },
    });
    data.statistics.grant(counter, 'dynamodb:UpdateItem');
    // A task of a paused type waits from when that went on.
    data.definitions.grant(counter, 'dynamodb:GetItem');
    // A task is listed by its tags, from when its row comes until it goes.
    data.grantHistory(counter, 'dynamodb:BatchWriteItem');
    // The end of a task is told by a task: its row, what it tells, and its message.
    data.webhooks.grant(counter, 'dynamodb:GetItem');
    // `PartiQLInsert` writes the rows of several in one request.
    data.grantTasks(counter, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:PartiQLInsert');
    // What is told of a long error and a long URL may be no item any more.
    data.grantPayloads(counter);
    counter.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: deliveryLaneArns(this, config) }),
    );
    follow(counter, data, deadLetters, {
      ...STREAM_PACES.statistics,
      // Only an event of a window says of which shard its records are; the state that it could carry is not used.
      tumblingWindow: Duration.minutes(1),
      filters: [...CHANGES, WITH_TAGS],
    });
    if (!config.taskEvents) return;
    const publisher = new ServiceFunction(this, 'Events', {
      config,
      door: 'projector',
      handler: 'events',
      name: PROJECTORS.events,
      description: 'Tells the event bus what happens to tasks',
      memoryMb: PROJECTOR_MEMORY_MB,
      timeoutSeconds: 60,
      environment: {
        queueUrlPrefix: queueUrlPrefix(this, config),
        eventBus: data.eventBus.eventBusName,
        ...(config.taskEventOutputs ? data.taskEnvironment : {}),
      },
    });
    data.eventBus.grantPutEventsTo(publisher);
    if (config.taskEventOutputs) {
      data.grantTasks(publisher, 'dynamodb:GetItem');
      data.grantReadOfPayloads(publisher);
    }
    follow(publisher, data, deadLetters, { ...STREAM_PACES.events, filters: CHANGES });
  }
}

/** Payloads are items of the same tables, without a status; and nobody is told that a row has expired. */
const CHANGES = ['INSERT', 'MODIFY'].map((eventName) =>
  FilterCriteria.filter({
    eventName: FilterRule.isEqual(eventName),
    dynamodb: { NewImage: { statusGroup: { S: FilterRule.exists() } } },
  }),
);

/** The row of a task with tags that goes, or gives way, takes its entries along. */
const WITH_TAGS = FilterCriteria.filter({ dynamodb: { OldImage: { tags: { S: FilterRule.exists() } } } });

/** Has a function read the changes of tasks, in order; a batch that it cannot take is cut, and set aside in the end. */
function follow(
  reader: ServiceFunction,
  { tasks }: Pick<DataStack, 'tasks'>,
  deadLetters: DeadLetters,
  pace: Pick<DynamoEventSourceProps, 'batchSize' | 'parallelizationFactor' | 'tumblingWindow' | 'filters'>,
): void {
  for (const table of tasks) {
    reader.addEventSource(
      // Its type is at odds with `exactOptionalPropertyTypes` only.
      new DynamoEventSource(table as ITable, {
        ...pace,
        startingPosition: StartingPosition.TRIM_HORIZON,
        maxBatchingWindow: Duration.seconds(STREAM_WINDOW_SECONDS),
        bisectBatchOnError: true,
        maxRecordAge: Duration.seconds(MAX_CHANGE_AGE_SECONDS),
        reportBatchItemFailures: true,
        onFailure: new SqsDlq(deadLetters),
      }),
    );
  }
}

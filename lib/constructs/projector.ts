import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_CHANGE_AGE_SECONDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import type { DataStack } from '../stacks/data-stack.ts';
import { queueUrlPrefix } from './executor-pool.ts';
import { DEAD_LETTER_RETENTION_DAYS } from './lane.ts';
import { ServiceFunction } from './service-function.ts';

export const PROJECTOR_MEMORY_MB = 256;

export const projectorDeadLetterQueueName = ({ name }: DeployConfig): string => `${name}-projector-dead-letters`;

/** Counts what happens to tasks and tells the event bus of it, from the streams of their tables: no caller waits for it. */
export class Projector extends Construct {
  constructor(scope: Construct, id: string, { config, data }: { config: DeployConfig; data: DataStack }) {
    super(scope, id);
    const projector = new ServiceFunction(this, 'Projector', {
      config,
      door: 'projector',
      name: 'projector',
      description: 'Counts what happens to tasks, and tells the event bus of it',
      memoryMb: PROJECTOR_MEMORY_MB,
      timeoutSeconds: 60,
      environment: {
        statisticsTable: data.statistics.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        ...(config.taskEvents && { eventBus: data.eventBus.eventBusName }),
      },
    });
    data.statistics.grant(projector, 'dynamodb:UpdateItem');
    if (config.taskEvents) data.eventBus.grantPutEventsTo(projector);
    const deadLetters = new Queue(this, 'DeadLetters', {
      queueName: projectorDeadLetterQueueName(config),
      retentionPeriod: Duration.days(DEAD_LETTER_RETENTION_DAYS),
    });
    for (const table of data.tasks) {
      projector.addEventSource(
        // Its type is at odds with `exactOptionalPropertyTypes` only.
        new DynamoEventSource(table as ITable, {
          startingPosition: StartingPosition.TRIM_HORIZON,
          batchSize: 100,
          maxBatchingWindow: Duration.seconds(1),
          // Statistics count once because a shard is told in order (docs/decisions/statistics-count-once.md).
          parallelizationFactor: 1,
          // Only an event of a window says of which shard its records are; the state that it could carry is not used.
          tumblingWindow: Duration.minutes(1),
          bisectBatchOnError: true,
          maxRecordAge: Duration.seconds(MAX_CHANGE_AGE_SECONDS),
          reportBatchItemFailures: true,
          onFailure: new SqsDlq(deadLetters),
          // Payloads are items of the same tables, without a status; and nobody is told that a row has expired.
          filters: ['INSERT', 'MODIFY'].map((eventName) =>
            FilterCriteria.filter({
              eventName: FilterRule.isEqual(eventName),
              dynamodb: { NewImage: { statusGroup: { S: FilterRule.exists() } } },
            }),
          ),
        }),
      );
    }
  }
}

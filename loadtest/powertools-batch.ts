import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { SQSHandler, SQSRecord } from 'aws-lambda';

/** Puts together what the documentation of Powertools for AWS Lambda does: a batch whose records are each handled once. */
const processor = new BatchProcessor(EventType.SQS);
const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' });
const handled = makeIdempotent(
  async ({ body }: SQSRecord) => {
    JSON.parse(body);
    return null;
  },
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: 'idempotency' }), config },
);

export const handler: SQSHandler = (event, context) => {
  config.registerLambdaContext(context);
  return processPartialResponse(event, handled, processor, { context });
};

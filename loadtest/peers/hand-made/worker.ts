import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { SQSHandler, SQSRecord } from 'aws-lambda';
import { type Work, work } from '../work.ts';

type Message = { readonly id: string; readonly input: Work };

const { TASKS_TABLE, IDEMPOTENCY_TABLE = '' } = process.env;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient());
const processor = new BatchProcessor(EventType.SQS);
const config = new IdempotencyConfig({ eventKeyJmesPath: 'id' });

/** Works on a task and writes down how it ended, once for each id. */
const run = makeIdempotent(
  async ({ id, input }: Message) => {
    const output = await work(input);
    await dynamo.send(
      new UpdateCommand({
        TableName: TASKS_TABLE,
        Key: { id },
        UpdateExpression: 'SET #status = :status, #output = :output, finishedAt = :now',
        ExpressionAttributeNames: { '#status': 'status', '#output': 'output' },
        ExpressionAttributeValues: { ':status': 'succeeded', ':output': output, ':now': Date.now() },
      }),
    );
    return output;
  },
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: IDEMPOTENCY_TABLE }), config },
);

export const handler: SQSHandler = async (event, context) => {
  config.registerLambdaContext(context);
  const recordHandler = ({ body }: SQSRecord) => run(JSON.parse(body));
  const response = await processPartialResponse(event, recordHandler, processor, { context });
  const { length: failures } = response.batchItemFailures;
  console.log(JSON.stringify({ message: 'batch over', tasks: event.Records.length, failures }));
  return response;
};

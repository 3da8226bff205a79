import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyHandlerV2 } from 'aws-lambda';

const dynamo = new DynamoDBClient();
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

/** Does what a hand-made submit does at the least: reads the body, sends one message, puts one item of the same attributes. */
export const handler: APIGatewayProxyHandlerV2 = async (event) => {
  const { type, input } = JSON.parse(event.body ?? '') as { type: string; input: unknown };
  const task = {
    id: randomUUID(),
    tenantId: 'acme',
    type,
    resourceClass: 'default',
    priority: 'normal',
    executorKey: 'default/normal/0',
    maxAttempts: 3,
    timeoutSeconds: 15,
    input,
    fingerprint: '-',
    createdAt: Date.now(),
    traceHeader: 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Parent=53995c3f42cd8ad8;Sampled=1',
  };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/millrace-default-normal-0',
      MessageBody: JSON.stringify({ v: 1, tasks: [task] }),
      MessageGroupId: task.tenantId,
    }),
  );
  await dynamo.send(
    new PutItemCommand({
      TableName: 'tasks',
      Item: {
        pk: { S: `${task.tenantId}#${task.id}` },
        tenantId: { S: task.tenantId },
        type: { S: task.type },
        indexShard: { N: '0' },
        order: { S: task.id },
        priority: { S: task.priority },
        executorKey: { S: task.executorKey },
        maxAttempts: { N: String(task.maxAttempts) },
        timeoutSeconds: { N: String(task.timeoutSeconds) },
        input: { S: JSON.stringify(task.input) },
        fingerprint: { S: task.fingerprint },
        createdAt: { N: String(task.createdAt) },
        traceHeader: { S: task.traceHeader },
        status: { S: 'queued' },
        statusGroup: { S: 'succeeded' },
        attempt: { N: '0' },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  process.stdout.write(`${JSON.stringify({ event: 'request', status: 202 })}\n`);
  return { statusCode: 202, headers: { 'content-type': 'application/json' }, body: JSON.stringify(task) };
};

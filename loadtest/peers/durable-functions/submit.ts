import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2WithLambdaAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';

const taskSchema = z.strictObject({
  type: z.literal('work'),
  priority: z.enum(['high', 'normal', 'low']).default('normal'),
  input: z.strictObject({ milliseconds: z.number().min(0), url: z.url().optional() }),
});

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient());
const lambda = new LambdaClient();
const { TASKS_TABLE, WORKER } = process.env;

type Event = APIGatewayProxyEventV2WithLambdaAuthorizer<{ tenantId: string }>;

export async function handler(event: Event): Promise<APIGatewayProxyStructuredResultV2> {
  const { tenantId } = event.requestContext.authorizer.lambda;
  const parsed = taskSchema.safeParse(JSON.parse(event.body ?? ''));
  console.log(JSON.stringify({ message: 'submitted', isValid: parsed.success, tenantId }));
  if (!parsed.success) return { statusCode: 400, body: JSON.stringify({ error: parsed.error.issues }) };
  const row = { id: randomUUID(), tenantId, ...parsed.data, status: 'queued', createdAt: new Date().toISOString() };
  await dynamo.send(new PutCommand({ TableName: TASKS_TABLE, Item: row }));
  await lambda.send(
    new InvokeCommand({
      FunctionName: WORKER,
      Qualifier: '$LATEST',
      InvocationType: 'Event',
      DurableExecutionName: row.id,
      Payload: JSON.stringify({ id: row.id, input: row.input }),
    }),
  );
  return { statusCode: 202, headers: { 'content-type': 'application/json' }, body: JSON.stringify(row) };
}

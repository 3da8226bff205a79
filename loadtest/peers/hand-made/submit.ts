import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2WithLambdaAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';

const ROWS_A_WRITE = 25;
const MESSAGES_A_SEND = 10;

const taskSchema = z.strictObject({
  type: z.literal('work'),
  priority: z.enum(['high', 'normal', 'low']).default('normal'),
  input: z.strictObject({ milliseconds: z.number().min(0), url: z.url().optional() }),
});
const bulkSchema = z.strictObject({ tasks: z.array(taskSchema).min(1).max(100) });
type NewTask = z.infer<typeof taskSchema>;

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient());
const sqs = new SQSClient();
const { TASKS_TABLE: table = '', HIGH_QUEUE_URL, NORMAL_QUEUE_URL } = process.env;

type Event = APIGatewayProxyEventV2WithLambdaAuthorizer<{ tenantId: string }>;

export async function handler(event: Event): Promise<APIGatewayProxyStructuredResultV2> {
  const { tenantId } = event.requestContext.authorizer.lambda;
  const body: unknown = JSON.parse(event.body ?? '');
  const bulk = event.rawPath.endsWith('/batch') ? bulkSchema.safeParse(body) : undefined;
  const single = bulk === undefined ? taskSchema.safeParse(body) : undefined;
  console.log(JSON.stringify({ message: 'submitted', isValid: bulk?.success ?? single?.success, tenantId }));
  if (single?.success) return answer(202, await submitOne(single.data, tenantId));
  if (!bulk?.success) return answer(400, { error: (bulk ?? single)?.error?.issues });
  const tasks = await submitAll(bulk.data.tasks, tenantId);
  return answer(202, { results: tasks.map((task) => ({ status: 'accepted', task })) });
}

const answer = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function rowOf(task: NewTask, tenantId: string) {
  return { id: randomUUID(), tenantId, ...task, status: 'queued', createdAt: new Date().toISOString() };
}
type Row = ReturnType<typeof rowOf>;

const queueOf = ({ priority }: Row): string | undefined => (priority === 'high' ? HIGH_QUEUE_URL : NORMAL_QUEUE_URL);
/** The tenant is the message group: on a standard queue, that makes it fair between them. */
const messageOf = (row: Row) => ({
  MessageBody: JSON.stringify({ id: row.id, input: row.input }),
  MessageGroupId: row.tenantId,
});

async function submitOne(task: NewTask, tenantId: string): Promise<Row> {
  const row = rowOf(task, tenantId);
  await dynamo.send(new PutCommand({ TableName: table, Item: row }));
  await sqs.send(new SendMessageCommand({ QueueUrl: queueOf(row), ...messageOf(row) }));
  return row;
}

async function submitAll(tasks: readonly NewTask[], tenantId: string): Promise<Row[]> {
  const rows = tasks.map((task) => rowOf(task, tenantId));
  await Promise.all(chunked(rows, ROWS_A_WRITE).map(write));
  const queues = Map.groupBy(rows, queueOf);
  await Promise.all(
    [...queues].flatMap(([url, ofQueue]) => chunked(ofQueue, MESSAGES_A_SEND).map((part) => send(url, part))),
  );
  return rows;
}

async function write(rows: readonly Row[]): Promise<void> {
  let requests = rows.map((Item) => ({ PutRequest: { Item } }));
  while (requests.length > 0) {
    const { UnprocessedItems } = await dynamo.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
    requests = (UnprocessedItems?.[table] ?? []) as typeof requests;
  }
}

async function send(QueueUrl: string | undefined, rows: readonly Row[]): Promise<void> {
  const Entries = rows.map((row, index) => ({ Id: String(index), ...messageOf(row) }));
  const { Failed: failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  if (failed.length > 0) throw new Error(`${failed.length} messages were not sent`);
}

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

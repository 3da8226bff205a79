import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Work, work } from '../work.ts';

type Task = { readonly id: string; readonly input: Work };

const { TASKS_TABLE } = process.env;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Works on a task and writes down how it ended: two steps, each of which is done once. */
export const handler = withDurableExecution(async ({ id, input }: Task, context: DurableContext) => {
  const output = await context.step('work', () => work(input));
  await context.step('write down', async () => {
    await dynamo.send(
      new UpdateCommand({
        TableName: TASKS_TABLE,
        Key: { id },
        UpdateExpression: 'SET #status = :status, #output = :output, finishedAt = :now',
        ExpressionAttributeNames: { '#status': 'status', '#output': 'output' },
        ExpressionAttributeValues: { ':status': 'succeeded', ':output': output, ':now': Date.now() },
      }),
    );
  });
  console.log(JSON.stringify({ message: 'task over', id }));
  return output;
});

import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { PRESETS } from '../../lib/presets.ts';
import { localTarget } from '../../local/aws-target.ts';

const { awsEndpoint, controlTable } = inject('stack');
const dynamo = new DynamoDBClient(localTarget(awsEndpoint).client);
const address = { TableName: controlTable, Key: { pk: { S: 'waiters#0' } } };

/** Takes all slots of the deployed stack but so many until then, as callers do who wait. */
export async function takeSlots(until: number, free = 0): Promise<void> {
  const names = Array.from({ length: PRESETS.dev.waiters - free }, (_, slot) => `slot${slot}`);
  await dynamo.send(
    new UpdateItemCommand({
      ...address,
      UpdateExpression: `SET ${names.map((name) => `${name} = :until`).join(', ')}`,
      ExpressionAttributeValues: { ':until': { N: String(until) } },
    }),
  );
}

export const freeSlots = () => dynamo.send(new DeleteItemCommand(address));

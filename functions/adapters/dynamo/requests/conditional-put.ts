import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Condition } from './condition.ts';
import { conditionInput } from './conditional-update.ts';
import type { Row } from './row.ts';

/** A whole row, and the condition under which it is written. */
export type ConditionalPut = { readonly tableName: string; readonly row: Row; readonly condition: Condition };

/**
 * Writes a row, and says whether it is there. A write whose answer is lost is sent again by the client, and refused then by the very
 * row that it has made: that is no refusal.
 */
export async function conditionalPut(
  client: DynamoDBClient,
  { tableName, row, condition }: ConditionalPut,
): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: row,
        ...conditionInput(condition),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return isDeepStrictEqual(error.Item, row);
    throw error;
  }
}

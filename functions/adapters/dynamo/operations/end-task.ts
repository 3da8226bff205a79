import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { all, equals, missing } from '../requests/condition.ts';
import { type ConditionalUpdate, conditionalUpdate, type Updated } from '../requests/conditional-update.ts';
import { type EndSettlement, endAttributes } from '../settlement-attributes.ts';

/**
 * Ends a task whose row nobody has at hand: by one write, or by a second where its type has a retention of its own, which the row
 * says.
 */
export async function endInTable(
  client: DynamoDBClient,
  update: ConditionalUpdate,
  settlement: EndSettlement,
  retentionDays: number,
): Promise<Updated> {
  const end = (own: ConditionalUpdate['condition'], days: number): Promise<Updated> =>
    conditionalUpdate(client, {
      ...update,
      condition: all(update.condition, own),
      set: { ...update.set, ...endAttributes(settlement, days) },
    });
  const ended = await end(missing('retentionDays'), retentionDays);
  const own = 'refusedBy' in ended ? ended.refusedBy?.retentionDays : undefined;
  return own === undefined ? ended : end(equals('retentionDays', own), Number(own.N));
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { DynamoFormerInputs } from '../../functions/adapters/dynamo/history/former-inputs.ts';
import { MemoryFormerInputs } from '../../functions/adapters/memory/memory-former-inputs.ts';
import type { FormerInputs } from '../../functions/core/fan-out/former-inputs.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

const KEPT_UNTIL = Date.UTC(2036, 0, 1);

describe.each<[string, FormerInputs]>([
  ['memory', new MemoryFormerInputs()],
  ['DynamoDB', new DynamoFormerInputs(new DynamoDBClient(awsClient), inject('stack').historyTable)],
])('former inputs in %s', (_, inputs) => {
  it('are all there, the oldest first, also where no attempt came between two of them', async () => {
    const { tenantId, id } = taskSeed();
    const of = (attempt: number, input: { inline: string } | { ref: string }) => ({ tenantId, id, attempt, input });
    const [first, second, third] = [
      of(1, { inline: 'ü' }),
      of(1, { ref: `${tenantId}#${id}#input-1` }),
      of(2, { inline: 'ü' }),
    ];
    await inputs.add(third, 30, KEPT_UNTIL);
    await inputs.add(second, 20, KEPT_UNTIL);
    for (let times = 0; times < 2; times++) await inputs.add(first, 10, KEPT_UNTIL);
    expect(await inputs.list(tenantId, id)).toEqual([
      { attempt: 1, input: first.input, replacedAt: 10 },
      { attempt: 1, input: second.input, replacedAt: 20 },
      { attempt: 2, input: third.input, replacedAt: 30 },
    ]);
    expect(await inputs.list(tenant('umbrella'), id)).toEqual([]);
  });
});

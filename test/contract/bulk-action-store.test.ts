import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { DynamoBulkActionStore } from '../../functions/adapters/dynamo/history/bulk-action-store.ts';
import { MemoryBulkActions } from '../../functions/adapters/memory/memory-bulk-actions.ts';
import { type BulkAction, type BulkActionStore, NO_PROGRESS } from '../../functions/core/bulk-action/bulk-action.ts';
import { withCounted, withOutcomes } from '../../functions/core/bulk-action/progress.ts';
import { taskIdOf } from '../../functions/core/task/ids.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';

const KEPT_UNTIL = Date.UTC(2036, 0, 1);
const id = taskIdOf('0'.repeat(26), 0);
const actionOf = (): BulkAction => ({
  id,
  tenantId: tenant(`b-${crypto.randomUUID()}`),
  verb: 'retry',
  filter: { status: 'failed', type: 'ü"\n', createdFrom: 1, assignee: { type: 'user', id: 'u-1' } },
  ratePerSecond: 50,
  createdAt: 2,
});

describe.each<[string, BulkActionStore]>([
  ['memory', new MemoryBulkActions()],
  ['DynamoDB', new DynamoBulkActionStore(new DynamoDBClient(awsClient), inject('stack').historyTable)],
])('bulk actions in %s', (_, store) => {
  it('are made once, and read by their own tenant', async () => {
    const action = actionOf();
    expect(await store.create(action, KEPT_UNTIL)).toBe('created');
    expect(await store.create({ ...action, createdAt: 3 }, KEPT_UNTIL)).toEqual({ action, progress: NO_PROGRESS });
    expect(await store.get(action.tenantId, id)).toEqual({ action, progress: NO_PROGRESS });
    expect(await store.getAll(action.tenantId, [id, taskIdOf('1'.repeat(26), 0)])).toHaveLength(1);
    expect(await store.get(tenant('somebody-else'), id)).toBeUndefined();
  });

  it('go on by one of two who go on from the same', async () => {
    const action = actionOf();
    await store.create(action, KEPT_UNTIL);
    const counted = { ...withCounted(NO_PROGRESS, 3, undefined), revision: 1 };
    expect(await store.save(action, counted)).toBe('saved');
    expect(await store.save(action, { ...counted, matched: 4 })).toBe('lost');
    const worked = { ...withOutcomes(counted, [{ id, refusal: 'subtask' }]), revision: 2 };
    expect(await store.save(action, worked)).toBe('saved');
    const kept = await store.get(action.tenantId, id);
    expect(kept?.progress).toMatchObject({ revision: 2, matched: 3, refusals: { subtask: { count: 1 } } });
  });

  it('are not made by who believes to go on with them', async () => {
    const action = actionOf();
    expect(await store.save(action, { ...NO_PROGRESS, revision: 1 })).toBe('lost');
    expect(await store.get(action.tenantId, id)).toBeUndefined();
  });
});

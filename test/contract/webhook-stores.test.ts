import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { DynamoSigningSecrets } from '../../functions/adapters/dynamo/webhooks/signing-secrets.ts';
import { DynamoWebhookStore } from '../../functions/adapters/dynamo/webhooks/webhook-store.ts';
import { MemorySigningSecrets, MemoryWebhookStore } from '../../functions/adapters/memory/memory-webhooks.ts';
import type { SigningSecrets } from '../../functions/core/webhook/signature.ts';
import { MAX_WEBHOOKS, type Webhook, type WebhookStore, webhookIdOf } from '../../functions/core/webhook/webhook.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';

const { webhooksTable, signingSecretsTable } = inject('stack');
const client = new DynamoDBClient(awsClient);
/** Sends each request twice, as where its first answer is lost. */
const repeating = new DynamoDBClient(awsClient);
repeating.middlewareStack.add(
  (next) => async (args) => {
    await next(args);
    return next(args);
  },
  { step: 'initialize' },
);
const owner = () => tenant(`w-${crypto.randomUUID()}`);

const full: Webhook = {
  id: webhookIdOf('0'.repeat(26)),
  url: `https://hooks.example/?${'x'.repeat(2_000)}`,
  types: Array.from({ length: 50 }, (_, place) => `a.type-of-some-length-${place}`),
  statuses: ['failed', 'cancelled'],
  includeOutput: true,
  name: 'ü"\n',
  createdAt: 1,
  pause: { at: 2, reason: 'gone' },
};

describe.each<[string, WebhookStore]>([
  ['memory', new MemoryWebhookStore()],
  ['DynamoDB', new DynamoWebhookStore(client, webhooksTable)],
  ['DynamoDB, each of whose requests comes twice', new DynamoWebhookStore(repeating, webhooksTable)],
])('webhooks in %s', (_, store) => {
  it('are none before any was made', async () => {
    expect(await store.get(owner())).toEqual({ revision: 0, webhooks: [] });
  });

  it('are read as they were written, as many as a tenant may have', async () => {
    const tenantId = owner();
    const webhooks = Array.from({ length: MAX_WEBHOOKS }, (_, place) => ({
      ...full,
      id: webhookIdOf(String(place).padStart(26, '0')),
    }));
    expect(await store.replace(tenantId, { revision: 1, webhooks })).toBe('replaced');
    expect(await store.get(tenantId)).toEqual({ revision: 1, webhooks });
    expect(await store.get(owner())).toEqual({ revision: 0, webhooks: [] });
  });

  it('are replaced by what was made of the revision before', async () => {
    const tenantId = owner();
    expect(await store.replace(tenantId, { revision: 2, webhooks: [full] })).toBe('lost');
    expect(await store.replace(tenantId, { revision: 1, webhooks: [full] })).toBe('replaced');
    expect(await store.replace(tenantId, { revision: 1, webhooks: [] })).toBe('lost');
    expect(await store.replace(tenantId, { revision: 2, webhooks: [] })).toBe('replaced');
    expect(await store.get(tenantId)).toEqual({ revision: 2, webhooks: [] });
  });
});

describe.each<[string, SigningSecrets]>([
  ['memory', new MemorySigningSecrets()],
  ['DynamoDB', new DynamoSigningSecrets(client, signingSecretsTable)],
  ['DynamoDB, each of whose requests comes twice', new DynamoSigningSecrets(repeating, signingSecretsTable)],
])('signing secrets in %s', (_, secrets) => {
  const one = { secret: 'whsec_b25l' };
  const two = { secret: 'whsec_dHdv' };

  it('take the place of those that were read, by tenant and webhook', async () => {
    const tenantId = owner();
    expect(await secrets.get(tenantId, full.id)).toEqual([]);
    expect(await secrets.replace(tenantId, full.id, [], [one])).toBe('replaced');
    expect(await secrets.replace(tenantId, full.id, [], [two])).toBe('lost');
    expect(await secrets.replace(tenantId, full.id, [one], [two, { ...one, until: 5 }])).toBe('replaced');
    expect(await secrets.replace(tenantId, full.id, [one], [one])).toBe('lost');
    expect(await secrets.get(tenantId, full.id)).toEqual([two, { ...one, until: 5 }]);
    expect(await secrets.get(tenantId, 'onEnd')).toEqual([]);
    expect(await secrets.get(owner(), full.id)).toEqual([]);
  });

  it('are forgotten with their webhook', async () => {
    const tenantId = owner();
    await secrets.replace(tenantId, full.id, [], [one]);
    await secrets.replace(tenantId, 'onEnd', [], [two]);
    await secrets.remove(tenantId, full.id);
    expect(await secrets.get(tenantId, full.id)).toEqual([]);
    expect(await secrets.get(tenantId, 'onEnd')).toEqual([two]);
    await secrets.remove(tenantId, full.id);
  });
});

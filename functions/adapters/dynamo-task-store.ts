import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { TaskId, TenantId } from '../core/ids.ts';
import type { ClaimResult, InsertResult, TaskStore } from '../core/ports.ts';
import type { QueuedTask, RunningTask, Task, TaskSeed } from '../core/task.ts';
import { claimability, isSettledBy, type Lease, type Settlement } from '../core/transition.ts';
import {
  errorAttributes,
  payloadAttributes,
  type Row,
  rowKey,
  seedAttributes,
  statusGroupOf,
  taskOfRow,
} from './task-row.ts';

export type DynamoTaskStoreOptions = {
  readonly tableName: string;
  /** Over how many partitions each index key is spread; one partition takes 1,000 writes/s (DynamoDB's documentation). */
  readonly indexShards: number;
  /** How long a finished task is kept. */
  readonly retentionDays: number;
};

/** Due, or abandoned by an executor whose lease has run out, and asked for by the same submit. */
const CLAIMABLE =
  'attribute_not_exists(pk) OR (fingerprint = :fingerprint AND (' +
  '(#status = :queued AND (attribute_not_exists(notBefore) OR notBefore <= :now)) OR ' +
  '(#status = :running AND leaseExpiresAt <= :now)))';

/** The task store on one DynamoDB table: every verb is one request and one conditional write. */
export class DynamoTaskStore implements TaskStore {
  readonly #client: DynamoDBClient;
  readonly #options: DynamoTaskStoreOptions;

  constructor(client: DynamoDBClient, options: DynamoTaskStoreOptions) {
    this.#client = client;
    this.#options = options;
  }

  async insert(task: QueuedTask): Promise<InsertResult> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#options.tableName,
          Item: {
            ...rowKey(task.tenantId, task.id),
            ...seedAttributes(task, this.#options.indexShards),
            status: { S: task.status },
            statusGroup: { S: statusGroupOf(task.status) },
            attempt: { N: String(task.attempt) },
          },
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { result: 'inserted' };
    } catch (error) {
      return { result: 'exists', task: taskOfRow(rowThatRefused(error)) };
    }
  }

  async claim(task: TaskSeed, lease: Lease, now: number): Promise<ClaimResult> {
    const seed = Object.entries(seedAttributes(task, this.#options.indexShards));
    const names = Object.fromEntries(seed.map(([name]) => [`#${name}`, name]));
    const values = Object.fromEntries(seed.map(([name, value]) => [`:${name}`, value]));
    try {
      const { Attributes: row } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#options.tableName,
          Key: rowKey(task.tenantId, task.id),
          ConditionExpression: CLAIMABLE,
          UpdateExpression:
            `SET ${seed.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}, ` +
            'attempt = if_not_exists(attempt, :zero) + :one, #status = :running, ' +
            'statusGroup = if_not_exists(statusGroup, :open), leaseToken = :leaseToken, ' +
            'leaseExpiresAt = :leaseExpiresAt, startedAt = :now ' +
            'REMOVE notBefore, errorCode, errorMessage, errorRetryable',
          ExpressionAttributeNames: { ...names, '#status': 'status' },
          ExpressionAttributeValues: {
            ...values,
            ':zero': { N: '0' },
            ':one': { N: '1' },
            ':queued': { S: 'queued' },
            ':running': { S: 'running' },
            ':open': { S: 'open' },
            ':leaseToken': { S: lease.token },
            ':leaseExpiresAt': { N: String(lease.expiresAt) },
            ':now': { N: String(now) },
          },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { result: 'claimed', task: taskOfRow(row ?? {}) as RunningTask };
    } catch (error) {
      const found = taskOfRow(rowThatRefused(error));
      if (found.status === 'running' && found.leaseToken === lease.token) return { result: 'claimed', task: found };
      const refusal = claimability(found, task.fingerprint, now);
      if (refusal.result === 'claimable')
        throw new Error('a claim was refused by a row that allows it', { cause: error });
      return refusal;
    }
  }

  async settle(task: RunningTask, settlement: Settlement): Promise<'settled' | 'lost'> {
    const written = this.#settlementAttributes(settlement);
    const entries = Object.entries(written);
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#options.tableName,
          Key: rowKey(task.tenantId, task.id),
          ConditionExpression: '#status = :running AND leaseToken = :leaseToken',
          UpdateExpression:
            `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')} REMOVE leaseToken, leaseExpiresAt` +
            (settlement.status === 'queued' ? ', startedAt' : ''),
          ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ...Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
            ':running': { S: 'running' },
            ':leaseToken': { S: task.leaseToken },
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'settled';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item !== undefined && isSettledBy(taskOfRow(error.Item), task.attempt, settlement)
        ? 'settled'
        : 'lost';
    }
  }

  async get(tenantId: TenantId, taskId: TaskId, now: number): Promise<Task | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#options.tableName,
        Key: rowKey(tenantId, taskId),
        ConsistentRead: true,
      }),
    );
    // TTL deletes within days, not at once ("Using time to live (TTL) in DynamoDB").
    if (row === undefined || Number(row.expiresAt?.N ?? Number.POSITIVE_INFINITY) * 1000 <= now) return undefined;
    return taskOfRow(row);
  }

  #settlementAttributes(settlement: Settlement): Row {
    const status: Record<string, AttributeValue> = { status: { S: settlement.status } };
    if (settlement.status === 'queued') {
      return { ...status, ...errorAttributes(settlement.error), notBefore: { N: String(settlement.notBefore) } };
    }
    const expiresAt = Math.ceil(settlement.finishedAt / 1000) + this.#options.retentionDays * 86_400;
    return {
      ...status,
      statusGroup: { S: statusGroupOf(settlement.status) },
      finishedAt: { N: String(settlement.finishedAt) },
      expiresAt: { N: String(expiresAt) },
      ...(settlement.status === 'succeeded'
        ? payloadAttributes('output', settlement.output)
        : errorAttributes(settlement.error)),
    };
  }
}

/** The row that made a conditional write fail; any other error is thrown on. */
function rowThatRefused(error: unknown): Row {
  if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) return error.Item;
  throw error;
}

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type TaskId, type TenantId, tableShardOf } from '../core/ids.ts';
import type { CancelResult, ClaimResult, InsertResult, RetryResult, TaskStore } from '../core/ports.ts';
import {
  attemptsGranted,
  type CancelledTask,
  isFinished,
  type NewTask,
  newTask,
  type QueuedTask,
  type RunningTask,
  type Task,
  type TaskSeed,
} from '../core/task.ts';
import type { TaskPage, TaskQuery } from '../core/task-list.ts';
import { claimability, isSettledBy, type Lease, type Settlement } from '../core/transition.ts';
import { type ConditionalUpdate, conditionalUpdate, type Updated } from './conditional-update.ts';
import { listTasks } from './dynamo-task-list.ts';
import {
  dueAttributes,
  errorAttributes,
  isExpired,
  n,
  parkedShardOf,
  payloadAttributes,
  type Row,
  rowKey,
  s,
  seedAttributes,
  statusGroupOf,
  taskOfRow,
} from './task-row.ts';

export type DynamoTaskStoreOptions = {
  /** The tables by shard; a task's id names its own. */
  readonly tableNames: readonly string[];
  /** Over how many partitions each index key is spread; one partition takes 1,000 writes/s (DynamoDB's documentation). */
  readonly indexShards: number;
  /** How long a finished task is kept. */
  readonly retentionDays: number;
};

const DUE = ['dueShard', 'dueAt'];
const ERROR = ['errorCode', 'errorMessage', 'errorRetryable'];
const LEASE = ['leaseToken', 'leaseExpiresAt', 'cancelRequestedAt'];

/** Due, or abandoned by an executor whose lease has run out, and asked for by the same submit. */
const CLAIMABLE =
  'attribute_not_exists(#pk) OR (#fingerprint = :fingerprint AND (' +
  '(#status = :queued AND (attribute_not_exists(#notBefore) OR #notBefore <= :now)) OR ' +
  '(#status = :scheduled AND #runAt <= :now) OR ' +
  '(#status = :running AND #leaseExpiresAt <= :now AND attribute_not_exists(#cancelRequestedAt))))';

const WAITING = '#status IN (:scheduled, :queued)';
const PARKABLE = `attribute_not_exists(#pk) OR (#fingerprint = :fingerprint AND ${WAITING})`;

/** The task store on DynamoDB tables: every verb is one request and one conditional write, unless it says so. */
export class DynamoTaskStore implements TaskStore {
  readonly #client: DynamoDBClient;
  readonly #options: DynamoTaskStoreOptions;

  constructor(client: DynamoDBClient, options: DynamoTaskStoreOptions) {
    this.#client = client;
    this.#options = options;
  }

  insert(task: NewTask, dueAt?: number): Promise<InsertResult> {
    return this.#insert(task, task.createdAt, dueAt);
  }

  /** A row past its retention gives way: TTL has not come to it yet. */
  async #insert(task: NewTask, now: number, dueAt?: number): Promise<InsertResult> {
    const { indexShards } = this.#options;
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#tableOf(task.id),
          Item: {
            ...rowKey(task.tenantId, task.id),
            ...seedAttributes(task, indexShards),
            status: s(task.status),
            statusGroup: s(statusGroupOf(task.status)),
            attempt: n(task.attempt),
            ...(dueAt === undefined ? {} : dueAttributes(task.id, dueAt, indexShards)),
          },
          ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
          ExpressionAttributeValues: { ':now': n(Math.floor(now / 1000)) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { result: 'inserted' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
      return { result: 'exists', task: taskOfRow(error.Item) };
    }
  }

  /** One more write, and a second try, where a row past its retention has to give way. */
  async claim(task: TaskSeed, lease: Lease, now: number): Promise<ClaimResult> {
    const seed = seedAttributes(task, this.#options.indexShards);
    const update = await this.#update(task, {
      condition: CLAIMABLE,
      actions: [
        ...unlessThere(seed),
        '#attempt = if_not_exists(#attempt, :zero) + :one',
        '#statusGroup = if_not_exists(#statusGroup, :open)',
        '#status = :running',
        '#startedAt = :now',
      ],
      set: { leaseToken: s(lease.token), leaseExpiresAt: n(lease.expiresAt) },
      remove: ['notBefore', ...ERROR, ...DUE],
      values: { ...seed, ...STATUSES, open: s('open'), zero: n(0), one: n(1), now: n(now) },
    });
    if ('written' in update) return { result: 'claimed', task: taskOfRow(update.written) as RunningTask };
    const row = refusing(update);
    if (isExpired(row, now)) {
      await this.#insert(newTask(task), now);
      return this.claim(task, lease, now);
    }
    const found = taskOfRow(row);
    if (found.status === 'running' && found.leaseToken === lease.token) return { result: 'claimed', task: found };
    const refusal = claimability(found, task.fingerprint, now);
    if (refusal.result === 'claimable') throw new Error('a claim was refused by a row that allows it');
    return refusal;
  }

  async settle(task: RunningTask, settlement: Settlement): Promise<'settled' | 'lost' | 'cancel_requested'> {
    const isQueued = settlement.status === 'queued';
    const update = await this.#update(task, {
      condition:
        '#status = :running AND #leaseToken = :leaseToken' +
        (isQueued ? ' AND attribute_not_exists(#cancelRequestedAt)' : ''),
      set: this.#settlementAttributes(settlement),
      remove: isQueued ? [...LEASE, 'startedAt'] : LEASE,
      values: { running: s('running'), leaseToken: s(task.leaseToken) },
    });
    if ('written' in update) return 'settled';
    if (update.refusedBy === undefined) return 'lost';
    const found = taskOfRow(update.refusedBy);
    if (isSettledBy(found, task.attempt, settlement)) return 'settled';
    return found.status === 'running' && found.leaseToken === task.leaseToken ? 'cancel_requested' : 'lost';
  }

  /** A second write where the task is running. */
  async cancel(tenantId: TenantId, id: TaskId, now: number): Promise<CancelResult> {
    if (!this.#hasTable(id)) return { result: 'missing' };
    const ended = await this.#update(
      { tenantId, id },
      {
        condition: WAITING,
        set: this.#settlementAttributes({ status: 'cancelled', finishedAt: now }),
        remove: ['notBefore', ...ERROR, ...DUE],
        values: { scheduled: s('scheduled'), queued: s('queued') },
      },
    );
    if ('written' in ended) return { result: 'cancelled', task: taskOfRow(ended.written) as CancelledTask };
    if (ended.refusedBy === undefined || isExpired(ended.refusedBy, now)) return { result: 'missing' };
    const found = taskOfRow(ended.refusedBy);
    if (isFinished(found)) return { result: 'finished', task: found };
    const flagged = await this.#update(
      { tenantId, id },
      {
        condition: '#status = :running',
        actions: ['#cancelRequestedAt = if_not_exists(#cancelRequestedAt, :now)'],
        values: { running: s('running'), now: n(now) },
      },
    );
    if ('written' in flagged) return { result: 'requested', task: taskOfRow(flagged.written) as RunningTask };
    // It has been settled in between: what it is now decides.
    return this.cancel(tenantId, id, now);
  }

  /** A read before the write. */
  async retry(tenantId: TenantId, id: TaskId, now: number, dueAt: number): Promise<RetryResult> {
    const found = await this.get(tenantId, id, now);
    if (found === undefined) return { result: 'missing' };
    if (found.status !== 'failed' && found.status !== 'cancelled') return { result: 'refused', task: found };
    const update = await this.#update(found, {
      condition: '#status = :found AND #finishedAt = :finishedAt',
      set: {
        status: s('queued'),
        statusGroup: s(statusGroupOf('queued')),
        maxAttempts: n(found.attempt + attemptsGranted(found)),
        attemptsBeforeRetry: n(found.attempt),
        ...dueAttributes(id, dueAt, this.#options.indexShards),
      },
      remove: ['startedAt', 'finishedAt', 'expiresAt', ...ERROR],
      values: { found: s(found.status), finishedAt: n(found.finishedAt) },
    });
    if ('written' in update) return { result: 'queued', task: taskOfRow(update.written) as QueuedTask };
    return this.retry(tenantId, id, now, dueAt);
  }

  async park(task: TaskSeed, now: number): Promise<'parked' | 'lost'> {
    const seed = seedAttributes(task, this.#options.indexShards);
    const update = await this.#update(task, {
      condition: PARKABLE,
      actions: [
        ...unlessThere(seed),
        '#attempt = if_not_exists(#attempt, :zero)',
        '#statusGroup = if_not_exists(#statusGroup, :open)',
        '#status = if_not_exists(#status, :queued)',
      ],
      set: { dueShard: s(parkedShardOf(task.type)), dueAt: n(now) },
      values: { ...seed, scheduled: s('scheduled'), queued: s('queued'), open: s('open'), zero: n(0) },
    });
    return 'written' in update ? 'parked' : 'lost';
  }

  async get(tenantId: TenantId, taskId: TaskId, now: number): Promise<Task | undefined> {
    if (!this.#hasTable(taskId)) return undefined;
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableOf(taskId), Key: rowKey(tenantId, taskId), ConsistentRead: true }),
    );
    return row === undefined || isExpired(row, now) ? undefined : taskOfRow(row);
  }

  list(query: TaskQuery, now: number): Promise<TaskPage> {
    return listTasks(this.#client, this.#options, query, now);
  }

  #hasTable(id: TaskId): boolean {
    return this.#options.tableNames[tableShardOf(id)] !== undefined;
  }

  #tableOf(id: TaskId): string {
    const tableName = this.#options.tableNames[tableShardOf(id)];
    if (tableName === undefined) throw new Error(`there is no table for the task ${id}`);
    return tableName;
  }

  #update(
    { tenantId, id }: { readonly tenantId: TenantId; readonly id: TaskId },
    update: Omit<ConditionalUpdate, 'tableName' | 'key'>,
  ): Promise<Updated> {
    return conditionalUpdate(this.#client, { tableName: this.#tableOf(id), key: rowKey(tenantId, id), ...update });
  }

  #settlementAttributes(settlement: Settlement): Row {
    const status = { status: s(settlement.status) };
    if (settlement.status === 'queued') {
      return { ...status, ...errorAttributes(settlement.error), notBefore: n(settlement.notBefore) };
    }
    return {
      ...status,
      statusGroup: s(statusGroupOf(settlement.status)),
      finishedAt: n(settlement.finishedAt),
      expiresAt: n(Math.ceil(settlement.finishedAt / 1000) + this.#options.retentionDays * 86_400),
      ...(settlement.status === 'succeeded' ? payloadAttributes('output', settlement.output) : {}),
      ...(settlement.status === 'failed' ? errorAttributes(settlement.error) : {}),
    };
  }
}

const STATUSES: Row = { scheduled: s('scheduled'), queued: s('queued'), running: s('running') };

const unlessThere = (attributes: Row): string[] =>
  Object.keys(attributes).map((name) => `#${name} = if_not_exists(#${name}, :${name})`);

function refusing(update: Updated): Row {
  if ('refusedBy' in update && update.refusedBy !== undefined) return update.refusedBy;
  throw new Error('a write was refused, and no row is there that could have done it');
}

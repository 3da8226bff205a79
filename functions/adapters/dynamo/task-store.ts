import { type DynamoDBClient, GetItemCommand, type GetItemCommandInput } from '@aws-sdk/client-dynamodb';
import { isTombstone } from '../../core/deletion/tombstone.ts';
import type {
  AttemptUsage,
  CancelResult,
  ClaimResult,
  Heartbeat,
  InsertResult,
  LeaseState,
  Log,
  RetryResult,
  TaskStore,
} from '../../core/ports.ts';
import { type TaskId, type TenantId, tableShardOf } from '../../core/task/ids.ts';
import {
  type FinishedTask,
  type NewTask,
  newTask,
  type ParentRef,
  type RunningTask,
  type Task,
  type TaskSeed,
} from '../../core/task/task.ts';
import type { TaskCount, TaskPage, TaskQuery } from '../../core/task/task-list.ts';
import {
  type AmendTerms,
  claimability,
  isSettledBy,
  type Lease,
  type RetryTerms,
  type Settlement,
} from '../../core/task/transition.ts';
import { isBinding, type KeyBinding, type KeyHolder } from '../../core/tenant/key-binding.ts';
import { holderOfRow, insertRow, isTaskRow, mustGiveWay, rowOfBinding } from './key-holders.ts';
import { cancelInTable } from './operations/cancel-task.ts';
import { amendInTable, retryInTable } from './operations/retry-task.ts';
import { batchGet } from './requests/batch-get.ts';
import { BatchedWrites, type CallTracing } from './requests/batched-writes.ts';
import { all, missing } from './requests/condition.ts';
import {
  type ConditionalUpdate,
  conditionalUpdate,
  ifMissing,
  plus,
  type Updated,
} from './requests/conditional-update.ts';
import { n, type Row, s } from './requests/row.ts';
import type { BatchedUpdate } from './requests/update-statement.ts';
import { ERROR_ATTRIBUTES, settlementAttributes, settlementRemovals } from './settlement-attributes.ts';
import { claimable, holdable, leased } from './task-conditions.ts';
import { countTasks, queryTasks } from './task-list.ts';
import {
  heartbeatAttributes,
  heldShardOf,
  isExpired,
  pkOf,
  rowKey,
  rowOfNew,
  seedAttributes,
  statusGroupOf,
  type TaskTableOptions,
  tableOf,
  taskOfRow,
} from './task-row.ts';
import { usageAttributes } from './task-usage.ts';

const CHECKED = 'leaseToken, cancelRequestedAt';

type Addressed = { readonly tenantId: TenantId; readonly id: TaskId };
type ReadOptions = Pick<GetItemCommandInput, 'ConsistentRead' | 'ProjectionExpression'>;
type Address = Pick<ConditionalUpdate, 'tableName' | 'key'>;

/** The task store on DynamoDB tables: every verb is one conditional write, unless it says otherwise. */
export class DynamoTaskStore implements TaskStore {
  readonly #client: DynamoDBClient;
  readonly #options: TaskTableOptions;
  readonly #writes: BatchedWrites;

  constructor(client: DynamoDBClient, options: TaskTableOptions, log: Log, tracing?: CallTracing) {
    this.#client = client;
    this.#options = options;
    this.#writes = new BatchedWrites(client, log, tracing);
  }

  insert(task: NewTask, dueAt?: number): Promise<InsertResult> {
    return this.#insert(task, task.createdAt, dueAt);
  }

  #insert(task: NewTask, now: number, dueAt?: number): Promise<InsertResult> {
    return this.#insertRow(task.id, rowOfNew(task, dueAt, this.#options.indexShards), now);
  }

  bindKey(binding: KeyBinding, now: number): Promise<InsertResult> {
    return this.#insertRow(binding.keyId, rowOfBinding(binding), now);
  }

  #insertRow(id: TaskId, row: Row, now: number): Promise<InsertResult> {
    return insertRow(this.#client, this.#writes, { tableName: tableOf(this.#options, id), row }, now);
  }

  /** Takes one more write, and a second try, where there is no row, or one past its retention that has to give way. */
  claim(task: TaskSeed, lease: Lease, now: number): Promise<ClaimResult> {
    return this.#claim(task, lease, now, false);
  }

  async #claim(task: TaskSeed, lease: Lease, now: number, isInserted: boolean): Promise<ClaimResult> {
    const update = await this.#updateBatched(task, {
      condition: claimable(task, now),
      set: {
        leaseToken: s(lease.token),
        leaseExpiresAt: n(lease.expiresAt),
        attempt: plus(n(1)),
        status: s('running'),
        startedAt: n(now),
      },
      remove: ['notBefore', 'progress', 'progressNote', ...ERROR_ATTRIBUTES],
    });
    if ('written' in update) return { result: 'claimed', task: taskOfRow(update.written) as RunningTask };
    const { refusedBy: row } = update;
    if (row === undefined || mustGiveWay(row, task, now)) {
      if (isInserted) throw new Error('the row of a task was inserted, and is not there');
      await this.#insert(newTask(task), now);
      return this.#claim(task, lease, now, true);
    }
    const found = holderOfRow(row);
    if (isTombstone(found)) return { result: 'deleted' };
    if (isBinding(found)) return { result: 'conflict' };
    if (found.status === 'running' && found.leaseToken === lease.token) return { result: 'claimed', task: found };
    const refusal = claimability(found, task.fingerprint, now);
    if (refusal.result !== 'claimable') return refusal;
    // An old message says fewer attempts: a retry has given its task more of them, or its fan-out for the attempt that combines.
    if (found.maxAttempts <= task.maxAttempts) throw new Error('a claim was refused by a row that allows it');
    return this.#claim({ ...task, maxAttempts: found.maxAttempts }, lease, now, isInserted);
  }

  async settle(
    task: RunningTask,
    settlement: Settlement,
    usage?: AttemptUsage,
  ): Promise<'settled' | 'lost' | 'cancel_requested'> {
    const goesOn = settlement.status === 'queued' || settlement.status === 'waiting';
    const update = await this.#updateBatched(task, {
      condition: goesOn ? all(leased(task.leaseToken), missing('cancelRequestedAt')) : leased(task.leaseToken),
      set: {
        ...settlementAttributes(settlement, task, this.#options),
        ...usageAttributes(usage, goesOn),
      },
      remove: settlementRemovals(settlement),
      blind: true,
    });
    if ('written' in update) return 'settled';
    if (update.refusedBy === undefined || !isTaskRow(update.refusedBy)) return 'lost';
    const found = taskOfRow(update.refusedBy);
    if (isSettledBy(found, task.attempt, settlement)) return 'settled';
    return found.status === 'running' && found.leaseToken === task.leaseToken ? 'cancel_requested' : 'lost';
  }

  /** A write where there is something to write, otherwise half a read. */
  async check(task: RunningTask, heartbeat: Heartbeat = {}): Promise<LeaseState> {
    const set = heartbeatAttributes(heartbeat);
    const isLook = Object.keys(set).length === 0;
    const row = isLook ? this.#read(task, { ProjectionExpression: CHECKED }) : this.#writeHeartbeat(task, heartbeat);
    return leaseStateOf(task, await row);
  }

  /** A write for each task where leases are renewed, 25 of them in a request; otherwise half a read, 100 in a request. */
  async checkAll(tasks: readonly RunningTask[], leaseExpiresAt?: number): Promise<LeaseState[]> {
    if (leaseExpiresAt !== undefined) return Promise.all(tasks.map((task) => this.check(task, { leaseExpiresAt })));
    const addresses = tasks.map(({ tenantId, id }) => ({
      tableName: tableOf(this.#options, id),
      pk: pkOf(tenantId, id),
    }));
    const rows = await batchGet(this.#client, addresses, { ProjectionExpression: `pk, ${CHECKED}` });
    return tasks.map((task) => leaseStateOf(task, rows.get(pkOf(task.tenantId, task.id))));
  }

  async #read(task: Addressed, options: ReadOptions): Promise<Row | undefined> {
    const { tableName: TableName, key: Key } = this.#addressOf(task);
    const { Item: row } = await this.#client.send(new GetItemCommand({ TableName, Key, ...options }));
    return row;
  }

  async #writeHeartbeat(task: RunningTask, heartbeat: Heartbeat): Promise<Row | undefined> {
    const update = await this.#updateBatched(task, {
      condition: leased(task.leaseToken),
      set: heartbeatAttributes(heartbeat),
      remove: heartbeat.progress !== undefined && heartbeat.progress.note === undefined ? ['progressNote'] : [],
    });
    return 'written' in update ? update.written : update.refusedBy;
  }

  cancel(tenantId: TenantId, id: TaskId, now: number, of?: ParentRef): Promise<CancelResult> {
    return this.#hasTable(id)
      ? cancelInTable(this.#client, this.#options, { tenantId, id, of }, now)
      : Promise.resolve({ result: 'missing' });
  }

  /** Takes a read before the write. */
  retry(tenantId: TenantId, id: TaskId, now: number, dueAt: number, terms: RetryTerms = {}): Promise<RetryResult> {
    return retryInTable(this.#client, this.#options, () => this.get(tenantId, id, now), dueAt, terms);
  }

  amend(task: FinishedTask, terms: AmendTerms): Promise<'amended' | 'lost'> {
    return amendInTable(this.#client, this.#options, task, terms);
  }

  async hold(task: TaskSeed, now: number): Promise<'held' | 'lost'> {
    const unlessThere = {
      ...seedAttributes(task, this.#options.indexShards),
      attempt: n(0),
      statusGroup: s(statusGroupOf('queued')),
      status: s('queued'),
    };
    const update = await this.#update(task, {
      condition: holdable(task),
      set: {
        ...Object.fromEntries(Object.entries(unlessThere).map(([name, value]) => [name, ifMissing(value)])),
        dueShard: s(heldShardOf(task.type)),
        dueAt: n(now),
      },
    });
    if ('written' in update) return 'held';
    if (update.refusedBy === undefined || !mustGiveWay(update.refusedBy, task, now)) return 'lost';
    await this.#insert(newTask(task), now);
    return this.hold(task, now);
  }

  async get(
    tenantId: TenantId,
    taskId: TaskId,
    now: number,
    state: 'latest' | 'recent' = 'latest',
  ): Promise<Task | undefined> {
    const holder = await this.#getHolder({ tenantId, id: taskId }, now, state === 'latest');
    return holder === undefined || isBinding(holder) ? undefined : holder;
  }

  getByKey(tenantId: TenantId, keyId: TaskId, now: number): Promise<KeyHolder | undefined> {
    return this.#getHolder({ tenantId, id: keyId }, now, true);
  }

  async #getHolder(address: Addressed, now: number, ConsistentRead: boolean): Promise<KeyHolder | undefined> {
    if (!this.#hasTable(address.id)) return undefined;
    const row = await this.#read(address, { ConsistentRead });
    const holder = row === undefined || isExpired(row, now) ? undefined : holderOfRow(row);
    return holder === undefined || isTombstone(holder) ? undefined : holder;
  }

  /** Takes a consistent read for each task, and a request for each hundred. */
  async getAll(tenantId: TenantId, taskIds: readonly TaskId[], now: number): Promise<readonly Task[]> {
    const addresses = taskIds
      .filter((id) => this.#hasTable(id))
      .map((id) => ({ tableName: tableOf(this.#options, id), pk: pkOf(tenantId, id) }));
    const rows = await batchGet(this.#client, addresses, { ConsistentRead: true });
    return [...rows.values()].filter((row) => isTaskRow(row) && !isExpired(row, now)).map(taskOfRow);
  }

  list(query: TaskQuery, now: number): Promise<TaskPage> {
    return queryTasks(this.#client, this.#options, query, now);
  }

  count(query: Pick<TaskQuery, 'tenantId' | 'filter'>, now: number): Promise<TaskCount> {
    return countTasks(this.#client, this.#options, query, now);
  }

  #hasTable(id: TaskId): boolean {
    return this.#options.tableNames[tableShardOf(id)] !== undefined;
  }

  #update(task: Addressed, update: Omit<ConditionalUpdate, keyof Address>): Promise<Updated> {
    return conditionalUpdate(this.#client, { ...this.#addressOf(task), ...update });
  }

  /** Writes in one request with what an executor writes for other tasks of its batch. */
  #updateBatched(task: Addressed, update: Omit<BatchedUpdate, keyof Address>): Promise<Updated> {
    return this.#writes.update({ ...this.#addressOf(task), ...update });
  }

  #addressOf({ tenantId, id }: Addressed): Address {
    return { tableName: tableOf(this.#options, id), key: rowKey(tenantId, id) };
  }
}

function leaseStateOf(task: RunningTask, row: Row | undefined): LeaseState {
  if (row?.leaseToken?.S !== task.leaseToken) return 'lost';
  return row.cancelRequestedAt === undefined ? 'held' : 'cancel_requested';
}

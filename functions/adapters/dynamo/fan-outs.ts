import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { compact } from '../../core/compact.ts';
import { GatheredCalls } from '../../core/concurrency.ts';
import type {
  FailParentResult,
  FanOutRecord,
  FanOuts,
  FanOutToOpen,
  OpenedFanOut,
  ParentKey,
  ResumeResult,
} from '../../core/fan-out/fan-outs.ts';
import type { FailedTask, QueuedTask, TaskError } from '../../core/task/task.ts';
import { endInTable } from './operations/end-task.ts';
import { all, missing, present } from './requests/condition.ts';
import { type ConditionalUpdate, conditionalUpdate } from './requests/conditional-update.ts';
import { n, type Row, s, seconds } from './requests/row.ts';
import { waiting } from './task-conditions.ts';
import {
  dueAttributes,
  payload,
  payloadAttributes,
  pkOf,
  rowKey,
  type TaskTableOptions,
  tableOf,
  taskOfRow,
} from './task-row.ts';

/**
 * Fan-outs as items of the task tables, beside their tasks: `<tenant>#<task>#fan-out-<attempt>`, with the places that have
 * not ended as a set of numbers. A thousand of them take 3 KB, so that each write costs 2 units on average; of one fan-out
 * an executor has one write under way at a time, with all ends that have come together, or the item, which takes a few
 * hundred writes a second, would keep a thousand executors' places waiting.
 */
export class DynamoFanOuts implements FanOuts {
  readonly #client: DynamoDBClient;
  readonly #options: TaskTableOptions;
  readonly #closes = new GatheredCalls<SubtaskPlace, Closed>((_, places) => this.#close(places));

  constructor(client: DynamoDBClient, options: TaskTableOptions) {
    this.#client = client;
    this.#options = options;
  }

  async open(
    parent: ParentKey,
    { subtasks, onFailure, count, supersedes, pending = new Set(Array(count).keys()) }: FanOutToOpen,
    keepUntil: number,
  ): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        ...this.#table(parent),
        Item: {
          ...this.#key(parent),
          ...payloadAttributes('subtasks', subtasks),
          onFailure: s(onFailure),
          count: n(count),
          expiresAt: seconds(keepUntil),
          // A set cannot be empty: where all have ended, there is none.
          ...(pending.size > 0 && { pending: { NS: [...pending].map(String) } }),
          ...(supersedes !== undefined && { supersedes: n(supersedes) }),
        },
      }),
    );
  }

  async get(parent: ParentKey): Promise<FanOutRecord | undefined> {
    const row = await this.#read(parent);
    if (row === undefined || row.isSuperseded !== undefined) return undefined;
    const { count: _, ...opened } = openedOf(row);
    return { ...opened, ...fanOutStateOf(row) };
  }

  async opened(parent: ParentKey): Promise<OpenedFanOut | undefined> {
    const row = await this.#read(parent);
    return row && openedOf(row);
  }

  async #read(parent: ParentKey): Promise<Row | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ ...this.#table(parent), Key: this.#key(parent), ConsistentRead: true }),
    );
    return row;
  }

  /** Executors may delete nothing, so the item is marked: TTL deletes it. */
  async supersede(parent: ParentKey): Promise<void> {
    await conditionalUpdate(this.#client, {
      tableName: tableOf(this.#options, parent.id),
      key: this.#key(parent),
      condition: present('pk'),
      set: { isSuperseded: { BOOL: true } },
      blind: true,
    });
  }

  async drop(parent: ParentKey): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ ...this.#table(parent), Key: this.#key(parent) }));
  }

  close(parent: ParentKey, place: number): Promise<Closed> {
    return this.#closes.add(`${pkOf(parent.tenantId, parent.id)}#${parent.attempt}`, { parent, place });
  }

  async #close(places: readonly SubtaskPlace[]): Promise<Closed> {
    const [first] = places;
    if (first === undefined) return undefined;
    const { parent } = first;
    const update = await conditionalUpdate(this.#client, {
      tableName: tableOf(this.#options, parent.id),
      key: this.#key(parent),
      condition: all(present('pk'), missing('isSuperseded')),
      // A set may name nothing twice.
      delete: { pending: { NS: [...new Set(places.map(({ place }) => String(place)))] } },
    });
    return 'written' in update ? fanOutStateOf(update.written) : undefined;
  }

  async resume(parent: ParentKey, dueAt: number): Promise<ResumeResult> {
    const { set, ...waits } = this.#updateOf(parent, dueAt);
    const update = await conditionalUpdate(this.#client, {
      ...waits,
      set: { ...set, status: s('queued') },
      remove: ['startedAt'],
    });
    return 'written' in update
      ? { result: 'queued', task: taskOfRow(update.written) as QueuedTask }
      : { result: 'lost' };
  }

  async fail(parent: ParentKey, error: TaskError, now: number, dueAt: number): Promise<FailParentResult> {
    const end = { status: 'failed', error, finishedAt: now } as const;
    const update = await endInTable(this.#client, this.#updateOf(parent, dueAt), end, this.#options.retentionDays);
    return 'written' in update
      ? { result: 'failed', task: taskOfRow(update.written) as FailedTask }
      : { result: 'lost' };
  }

  /** Makes a task that waits for this fan-out due at `dueAt`. */
  #updateOf(parent: ParentKey, dueAt: number): ConditionalUpdate {
    const { tenantId, id, attempt } = parent;
    return {
      tableName: this.#table(parent).TableName,
      key: rowKey(tenantId, id),
      condition: waiting(attempt),
      set: dueAttributes(id, dueAt, this.#options.indexShards),
    };
  }

  #table({ id }: ParentKey): { readonly TableName: string } {
    return { TableName: tableOf(this.#options, id) };
  }

  #key({ tenantId, id, attempt }: ParentKey): Row {
    return { pk: s(`${pkOf(tenantId, id)}#fan-out-${attempt}`) };
  }
}

/** One subtask of a fan-out. */
type SubtaskPlace = { readonly parent: ParentKey; readonly place: number };
type Closed = Pick<FanOutRecord, 'pending' | 'onFailure'> | undefined;

const openedOf = (row: Row): OpenedFanOut =>
  compact({
    subtasks: payload(row, 'subtasks'),
    count: Number(row.count?.N),
    supersedes: row.supersedes && Number(row.supersedes.N),
  });

const fanOutStateOf = ({ pending, onFailure }: Row) => ({
  pending: new Set((pending?.NS ?? []).map(Number)),
  onFailure: onFailure?.S === 'collect' ? ('collect' as const) : ('fail' as const),
});

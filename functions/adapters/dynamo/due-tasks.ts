import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DueTask, DueTasks, Log } from '../../core/ports.ts';
import { isFinished, type Task } from '../../core/task/task.ts';
import { batchGet } from './requests/batch-get.ts';
import { equals } from './requests/condition.ts';
import { conditionalUpdate } from './requests/conditional-update.ts';
import { n, type Row, s } from './requests/row.ts';
import { heldShardOf, pkOf, type TaskTables, tableOf, taskOfRow } from './task-row.ts';

type DueEntry = { readonly tableName: string; readonly pk: string; readonly dueAt: number };

/** How far a partition of the index is read: up to the entry `after`, or not at all where that is missing. */
type Position = { readonly tableName: string; readonly shard: string; readonly after?: Row };

/** Says whether nobody has to look after a task any more: it has ended, and so have its subtasks. */
const isOver = (task: Task): boolean => isFinished(task) && (task.fanOut === undefined || task.status === 'succeeded');

/** The tasks that wait for the sweeper, in the sparse index `due` of the task tables. */
export class DynamoDueTasks implements DueTasks {
  readonly #client: DynamoDBClient;
  readonly #tables: TaskTables;
  readonly #log: Log;

  constructor(client: DynamoDBClient, tables: TaskTables, log: Log) {
    this.#client = client;
    this.#tables = tables;
    this.#log = log;
  }

  due(now: number, limit: number): AsyncIterable<readonly DueTask[]> {
    const shards = Array.from({ length: this.#tables.indexShards }, (_, shard) => String(shard));
    return this.#pages(shards, now, limit);
  }

  held(type: string, now: number, limit: number): AsyncIterable<readonly DueTask[]> {
    return this.#pages([heldShardOf(type)], now, limit);
  }

  release(due: DueTask, executorKey?: string): Promise<'released' | 'lost'> {
    return this.#release(this.#entryOf(due), executorKey);
  }

  async postpone(due: DueTask, until: number): Promise<'postponed' | 'lost'> {
    const { tableName, pk, dueAt } = this.#entryOf(due);
    const update = await conditionalUpdate(this.#client, {
      tableName,
      key: { pk: s(pk) },
      condition: equals('dueAt', n(dueAt)),
      set: { dueAt: n(until) },
    });
    return 'written' in update ? 'postponed' : 'lost';
  }

  #entryOf({ task: { tenantId, id }, dueAt }: DueTask): DueEntry {
    return { tableName: tableOf(this.#tables, id), pk: pkOf(tenantId, id), dueAt };
  }

  /** Walks all partitions at once; a page has as many entries of each. */
  async *#pages(shards: readonly string[], until: number, limit: number): AsyncGenerator<readonly DueTask[]> {
    let positions: Position[] = this.#tables.tableNames.flatMap((tableName) =>
      shards.map((shard) => ({ tableName, shard })),
    );
    while (positions.length > 0) {
      const share = Math.ceil(limit / positions.length);
      const parts = await Promise.all(positions.map((position) => this.#entriesAt(position, until, share)));
      const entries = parts.flatMap((part) => part.entries).toSorted((a, b) => a.dueAt - b.dueAt);
      yield await this.#tasksAt(entries);
      positions = parts.flatMap(({ next }) => next ?? []);
    }
  }

  async #tasksAt(entries: readonly DueEntry[]): Promise<readonly DueTask[]> {
    const rows = await batchGet(this.#client, entries, { ConsistentRead: true });
    const found = await Promise.all(
      entries.map(async (entry) => {
        const row = rows.get(entry.pk);
        // The index lags behind its table.
        if (row === undefined || row.dueAt?.N !== String(entry.dueAt)) return [];
        const task = this.#taskOf(row);
        if (task === undefined) return [];
        if (!isOver(task)) return [{ task, dueAt: entry.dueAt }];
        await this.#release(entry);
        return [];
      }),
    );
    return found.flat();
  }

  /**
   * Returns nothing where the row cannot be read: it may be of a later version, and must not keep all others from their
   * turn.
   */
  #taskOf(row: Row): Task | undefined {
    try {
      return taskOfRow(row);
    } catch (error) {
      this.#log('error', 'due task unreadable', { row: row.pk?.S, reason: String(error) });
      return undefined;
    }
  }

  async #entriesAt({ tableName, shard, after }: Position, until: number, limit: number) {
    const { Items: items = [], LastEvaluatedKey: last } = await this.#client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :until',
        ExpressionAttributeValues: { ':shard': s(shard), ':until': n(until) },
        Limit: limit,
        ExclusiveStartKey: after,
      }),
    );
    const entries = items.map(({ pk, dueAt }): DueEntry => ({ tableName, pk: pk?.S ?? '', dueAt: Number(dueAt?.N) }));
    return { entries, next: last && { tableName, shard, after: last } };
  }

  async #release({ tableName, pk, dueAt }: DueEntry, executorKey?: string): Promise<'released' | 'lost'> {
    const update = await conditionalUpdate(this.#client, {
      tableName,
      key: { pk: s(pk) },
      condition: equals('dueAt', n(dueAt)),
      set: executorKey === undefined ? {} : { executorKey: s(executorKey) },
      remove: ['dueAt', 'dueShard'],
    });
    return 'written' in update ? 'released' : 'lost';
  }
}

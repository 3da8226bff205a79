import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { LRUCache } from 'lru-cache';
import { DEFINITION_EFFECT_SECONDS, PRIORITIES } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { SettingsStore, TaskSettings, TaskSettingsPatch } from '../../core/task-settings.ts';
import { updateRow } from './requests/conditional-update.ts';

export type DynamoSettingsStoreOptions = {
  readonly tableName: string;
  readonly clock: Clock;
  readonly log: Log;
};

const CACHED_TYPES = 1_000;
const CACHED_MILLISECONDS = 3_600_000;

/** The row that counts the changes of all types, and names these. No task type can have this name. */
const VERSION_KEY = '#version';
/** A cache entry with these options counts as set long ago. */
const EXPIRED = { start: 1, ttl: 1 };

/** The count of changes is read so often: half of what is promised, since the other half is for a call that is under way. */
const VERSION_MILLISECONDS = (DEFINITION_EFFECT_SECONDS / 2) * 1000;

/**
 * The settings of task types in one table, read through a cache. A change counts up one row, which each function looks at
 * every few seconds while it works, and forgets what it knows where it has moved: so that a cached hour is no stale hour.
 */
export class DynamoSettingsStore implements SettingsStore {
  readonly #client: DynamoDBClient;
  readonly #options: DynamoSettingsStoreOptions;
  readonly #cache: LRUCache<string, TaskSettings>;
  #version: { readonly number: number | undefined; readonly readAt: number } | undefined;
  #reading: Promise<void> | undefined;

  constructor(client: DynamoDBClient, options: DynamoSettingsStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.#cache = new LRUCache<string, TaskSettings>({
      max: CACHED_TYPES,
      ttl: CACHED_MILLISECONDS,
      // Misses of one type at the same time wait for the same read.
      fetchMethod: (type) => this.#read(type),
      // A stale answer is better than none; it is asked for again the next time.
      allowStaleOnFetchRejection: true,
      perf: { now: options.clock },
    });
  }

  async get(type: string, since?: number): Promise<TaskSettings> {
    const { clock, log } = this.#options;
    const now = clock();
    const readAfter = Math.max(now - VERSION_MILLISECONDS + 1, Math.min(since ?? 0, now));
    try {
      // A read that is under way may have begun too early.
      while (this.#version === undefined || this.#version.readAt < readAfter) {
        this.#reading ??= this.#checkVersion(since !== undefined).finally(() => {
          this.#reading = undefined;
        });
        await this.#reading;
      }
      return (await this.#cache.fetch(type)) ?? {};
    } catch (error) {
      log('warn', 'settings not read: those last known hold', { type, reason: String(error) });
      const known = this.#cache.peek(type, { allowStale: true }) ?? {};
      // What is known holds for a while: not every task is to wait for a table that does not answer.
      this.#version = { number: this.#version?.number, readAt: clock() };
      this.#cache.set(type, known, { ttl: VERSION_MILLISECONDS });
      return known;
    }
  }

  async change(type: string, patch: TaskSettingsPatch): Promise<TaskSettings> {
    const entries = Object.entries(patch).filter(([, value]) => value !== undefined);
    if (entries.length === 0) return this.#read(type);
    const { tableName } = this.#options;
    const row = await updateRow(this.#client, {
      tableName,
      key: { type: { S: type } },
      set: Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, attribute(value)]]))),
      remove: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
    });
    // The count comes after the change: whoever sees the new number must find what it stands for.
    await updateRow(this.#client, {
      tableName,
      key: { type: { S: VERSION_KEY } },
      add: { version: { N: '1' }, types: { SS: [type] } },
      blind: true,
    });
    const settings = settingsOfRow(row);
    this.#cache.set(type, settings);
    return settings;
  }

  async changedTypes(): Promise<readonly string[]> {
    try {
      return (await this.#row(VERSION_KEY, false, 'types'))?.types?.SS ?? [];
    } catch (error) {
      this.#options.log('warn', 'changed types not read', { reason: String(error) });
      return [];
    }
  }

  async #checkVersion(isConsistent: boolean): Promise<void> {
    const { clock } = this.#options;
    const readAt = clock();
    const row = await this.#row(VERSION_KEY, isConsistent, 'version');
    const number = row?.version?.N === undefined ? undefined : Number(row.version.N);
    // clear() would lose what serves on should the reads that follow fail. The keys are copied, since set() moves each of them.
    if (this.#version !== undefined && this.#version.number !== number) {
      for (const type of [...this.#cache.keys()]) this.#cache.set(type, this.#cache.peek(type) ?? {}, EXPIRED);
    }
    this.#version = { number, readAt };
  }

  async #read(type: string): Promise<TaskSettings> {
    return settingsOfRow((await this.#row(type, true)) ?? {});
  }

  /** Reads a row, or `only` one attribute of it: the number of changes is read often, and lies beside the types of them all. */
  async #row(type: string, isConsistent: boolean, only?: string): Promise<Record<string, AttributeValue> | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#options.tableName,
        Key: { type: { S: type } },
        ConsistentRead: isConsistent,
        ...(only && { ProjectionExpression: '#only', ExpressionAttributeNames: { '#only': only } }),
      }),
    );
    return row;
  }
}

const attribute = (value: boolean | string | number | null | undefined): AttributeValue =>
  typeof value === 'boolean'
    ? { BOOL: value }
    : typeof value === 'number'
      ? { N: String(value) }
      : { S: String(value) };

/** Reads what a row sets; a value that is none of ours counts as not set. */
function settingsOfRow(row: Record<string, AttributeValue>): TaskSettings {
  const { paused, timeoutSeconds, maxAttempts, resumedAt } = row;
  return compact({
    paused: paused?.BOOL,
    priority: PRIORITIES.find((one) => one === row.priority?.S),
    timeoutSeconds: numberOf(timeoutSeconds),
    maxAttempts: numberOf(maxAttempts),
    resumedAt: numberOf(resumedAt),
  });
}

const numberOf = (value: AttributeValue | undefined): number | undefined =>
  value?.N === undefined ? undefined : Number(value.N);

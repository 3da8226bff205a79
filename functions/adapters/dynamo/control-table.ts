import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { GatheredCalls, once } from '../../core/concurrency.ts';
import {
  type LaneLoad,
  type LaneLoads,
  type LaneSnapshot,
  type LaneState,
  LOAD_COUNTS,
  laneStateSchema,
  loadOf,
} from '../../core/lane/lane.ts';
import type { Random } from '../../core/ports.ts';
import type { TenantId } from '../../core/task/ids.ts';
import { bucketOf, type RateBuckets } from '../../core/tenant/tenant-limits.ts';
import type { WaiterSlot, WaiterSlots } from '../../core/wait/wait-for-end.ts';
import { batchGet } from './requests/batch-get.ts';
import { all, any, atMost, equals, missing, moreThan } from './requests/condition.ts';
import { conditionalUpdate, plus, type Updated, updateRow } from './requests/conditional-update.ts';
import { n, type Row, s } from './requests/row.ts';

const loadKeyOf = (executorKey: string): string => `load#${executorKey}`;

/** Adds up what executors do for each lane in an item of the control table. */
export class DynamoLaneLoads implements LaneLoads {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async add(executorKey: string, load: LaneLoad): Promise<void> {
    await updateRow(this.#client, {
      tableName: this.#tableName,
      key: { pk: s(loadKeyOf(executorKey)) },
      add: Object.fromEntries(LOAD_COUNTS.map((name) => [name, n(load[name])])),
      blind: true,
    });
  }

  async read(executorKeys: readonly string[]): Promise<ReadonlyMap<string, LaneLoad>> {
    const addresses = executorKeys.map((key) => ({ tableName: this.#tableName, pk: loadKeyOf(key) }));
    const rows = await batchGet(this.#client, addresses, {});
    return new Map(
      executorKeys.flatMap((key) => {
        const row = rows.get(loadKeyOf(key));
        return row === undefined ? [] : [[key, loadOf((name) => Number(row[name]?.N ?? 0))]];
      }),
    );
  }
}

const KEY = { pk: { S: 'lanes' } };
const snapshotSchema = once(() => z.array(laneStateSchema()));

/** Keeps the lanes as the governor has left them in one item of the control table. */
export class DynamoLaneSnapshot implements LaneSnapshot {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(): Promise<readonly LaneState[]> {
    const { Item: row } = await this.#client.send(new GetItemCommand({ TableName: this.#tableName, Key: KEY }));
    // A snapshot of another version counts as none, or it would stop the governor for good.
    return snapshotSchema().safeParse(JSON.parse(row?.lanes?.S ?? '[]')).data ?? [];
  }

  async write(lanes: readonly LaneState[]): Promise<void> {
    await this.#client.send(
      new PutItemCommand({ TableName: this.#tableName, Item: { ...KEY, lanes: { S: JSON.stringify(lanes) } } }),
    );
  }
}

/** DynamoDB deletes a bucket some time after it is full again: one that is missing is full. */
const KEPT_SECONDS = 60;

/** A write is tried so often: each time it loses, others have written in between. */
const TRIES = 5;

type Bucket = ReturnType<typeof bucketOf>;
type Draw = { readonly tenantId: TenantId; readonly ratePerSecond: number; readonly now: number };
type Drawn = { readonly given: ReadonlySet<Draw>; readonly emptyUntil: number };

/** Keeps buckets as items of the control table. What is drawn at the same time, as by the tasks of a bulk, is one write. */
export class DynamoRateBuckets implements RateBuckets {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #draws = new GatheredCalls<Draw, Drawn>((pk, draws) => this.#drawAll(pk, draws));

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async draw(tenantId: TenantId, ratePerSecond: number, now: number): Promise<{ readonly emptyUntil?: number }> {
    const draw = { tenantId, ratePerSecond, now };
    const { given, emptyUntil } = await this.#draws.add(`rate#${tenantId}#${ratePerSecond}`, draw);
    return given.has(draw) ? {} : { emptyUntil };
  }

  async charge(tenantId: TenantId, milliseconds: number, now: number): Promise<number> {
    const until = Math.ceil(now + milliseconds);
    const update = await conditionalUpdate(this.#client, {
      tableName: this.#tableName,
      key: { pk: s(`rate#${tenantId}#fan-outs`) },
      condition: any(missing('until'), atMost('until', n(now))),
      set: { until: n(until), expiresAt: n(Math.ceil(until / 1000) + KEPT_SECONDS) },
      blind: true,
    });
    return 'written' in update ? 0 : Math.max(0, Number(update.refusedBy?.until?.N ?? 0) - now);
  }

  async #drawAll(pk: string, draws: readonly Draw[]): Promise<Drawn> {
    const bucket = bucketOf(draws[0]?.ratePerSecond ?? 1, Math.max(...draws.map(({ now }) => now)));
    // The first guess is that nothing was drawn of late, so that the bucket is full.
    let fullAt = bucket.now;
    for (let tries = 0; tries < TRIES; tries++) {
      const count = Math.min(draws.length, bucket.tasksIn(fullAt));
      if (count === 0) return { given: new Set(), emptyUntil: bucket.emptyUntil(fullAt) };
      const update = await this.#update(pk, bucket, count, fullAt);
      if ('written' in update) {
        const emptyUntil = bucket.emptyUntil(Number(update.written.fullAt?.N));
        return { given: new Set(draws.slice(0, count)), emptyUntil };
      }
      fullAt = Math.max(bucket.now, Number(update.refusedBy?.fullAt?.N ?? bucket.now));
    }
    throw new Error(`${TRIES} draws of a rate in a row were lost to others`);
  }

  /**
   * Moves the time at which a bucket is full again by so many tasks: from now where it is full, otherwise from when it
   * would be.
   */
  #update(pk: string, { now, timeOfTask, latestWith }: Bucket, count: number, fullAt: number): Promise<Updated> {
    const drawn = count * timeOfTask;
    const expiresAt = n(Math.ceil((fullAt + drawn) / 1e6) + KEPT_SECONDS);
    return conditionalUpdate(this.#client, {
      tableName: this.#tableName,
      key: { pk: s(pk) },
      ...(fullAt === now
        ? {
            condition: any(missing('fullAt'), atMost('fullAt', n(now))),
            set: { fullAt: n(now + drawn), expiresAt },
          }
        : {
            condition: all(moreThan('fullAt', n(now)), atMost('fullAt', n(latestWith(count)))),
            set: { fullAt: plus(n(drawn)), expiresAt },
          }),
    });
  }
}

export type WaiterSlotOptions = { readonly tableName: string; readonly slots: number; readonly random: Random };

/** Slots of one item: it stays under 1 KB, and a deployment has several, so that none of them is hot. */
const SLOTS_OF_ITEM = 50;
const SLOT_ITEMS_KEPT_SECONDS = 3_600;

/** When the last slots go, many who come at once want the same. */
const SLOT_TRIES = 10;

const slotItemOf = (slot: number): string => `waiters#${Math.floor(slot / SLOTS_OF_ITEM)}`;
const slotNameOf = (slot: number): string => `slot${slot}`;

/**
 * Keeps until when each slot is taken in a few items of the control table. A slot that nobody gives back, since its environment was
 * killed, is free when its time is over.
 */
export class DynamoWaiterSlots implements WaiterSlots {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #slots: readonly number[];
  readonly #random: Random;

  constructor(client: DynamoDBClient, { tableName, slots, random }: WaiterSlotOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#slots = Array.from({ length: slots }, (_, slot) => slot);
    this.#random = random;
  }

  /** Looks which slots are free, and takes any of them: those who come at once choose different ones. */
  async take(now: number, until: number): Promise<WaiterSlot | undefined> {
    const items = await this.#items();
    for (let tries = 0; tries < SLOT_TRIES; tries++) {
      const free = this.#slots.filter((slot) => !(Number(items.get(slotItemOf(slot))?.[slotNameOf(slot)]?.N) > now));
      const number = free[Math.floor(this.#random() * free.length)];
      if (number === undefined) return undefined;
      const name = slotNameOf(number);
      const update = await conditionalUpdate(this.#client, {
        tableName: this.#tableName,
        key: { pk: s(slotItemOf(number)) },
        condition: any(missing(name), atMost(name, n(now))),
        set: { [name]: n(until), expiresAt: n(Math.ceil(until / 1000) + SLOT_ITEMS_KEPT_SECONDS) },
        blind: true,
      });
      if ('written' in update) return { number, until };
      // Others have taken slots since these were looked at.
      if (update.refusedBy !== undefined) items.set(slotItemOf(number), update.refusedBy);
    }
    return undefined;
  }

  async release({ number, until }: WaiterSlot): Promise<void> {
    const name = slotNameOf(number);
    await conditionalUpdate(this.#client, {
      tableName: this.#tableName,
      key: { pk: s(slotItemOf(number)) },
      condition: equals(name, n(until)),
      remove: [name],
      blind: true,
    });
  }

  #items(): Promise<Map<string, Row>> {
    const keys = [...new Set(this.#slots.map(slotItemOf))];
    return batchGet(
      this.#client,
      keys.map((pk) => ({ tableName: this.#tableName, pk })),
      {},
    );
  }
}

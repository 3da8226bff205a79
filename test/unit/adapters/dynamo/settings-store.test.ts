import { type DynamoDBClient, GetItemCommand, type UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { DynamoSettingsStore } from '../../../../functions/adapters/dynamo/settings-store.ts';

type Row = Record<string, { S?: string; N?: string; BOOL?: boolean; SS?: string[] }>;

/** Keeps settings as far as the store asks its table, and counts the reads of each key. */
class Table {
  readonly rows = new Map<string, Row>();
  readonly reads: string[] = [];
  fails = false;

  readonly client = {
    send: async (command: GetItemCommand | UpdateItemCommand) => {
      const key = command.input.Key?.type?.S ?? '';
      if (command instanceof GetItemCommand) this.reads.push(key);
      await new Promise(setImmediate);
      if (this.fails) throw new Error('throttled');
      return command instanceof GetItemCommand ? { Item: asked(this.rows.get(key), command.input) } : {};
    },
  } as unknown as DynamoDBClient;

  put(type: string, row: Row): void {
    this.rows.set(type, row);
    const version = Number(this.rows.get('#version')?.version?.N ?? 0) + 1;
    this.rows.set('#version', { version: { N: String(version) } });
  }

  readsOf(key: string): number {
    return this.reads.filter((read) => read === key).length;
  }
}

/** Returns as much of a row as was asked for. */
function asked(row: Row | undefined, { ProjectionExpression, ExpressionAttributeNames = {} }: GetItemCommand['input']) {
  if (row === undefined || ProjectionExpression === undefined) return row;
  const names = ProjectionExpression.split(', ').map((name) => ExpressionAttributeNames[name] ?? name);
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

let table: Table;
let now: number;
let logged: string[];
let store: DynamoSettingsStore;
beforeEach(() => {
  table = new Table();
  now = 1_000_000;
  logged = [];
  store = new DynamoSettingsStore(table.client, {
    tableName: 'definitions',
    clock: () => now,
    log: (_level, event) => logged.push(event),
  });
});

describe('settings', () => {
  it('are none of a type that has no row', async () => {
    expect(await store.get('greet')).toEqual({});
  });

  it('are those of the row, less what none of them can be', async () => {
    table.put('greet', { paused: { BOOL: true }, timeoutSeconds: { N: '20' }, maxAttempts: { N: '5' } });
    table.put('echo', { priority: { S: 'urgent' }, paused: { S: 'yes' } });
    expect(await store.get('greet')).toEqual({ paused: true, timeoutSeconds: 20, maxAttempts: 5 });
    expect(await store.get('echo')).toEqual({});
  });

  it('are read once by all that ask at the same time, and not again for a while', async () => {
    await Promise.all([1, 2, 3].map(() => store.get('greet')));
    now += 4_999;
    await store.get('greet');
    expect([table.readsOf('greet'), table.readsOf('#version')]).toEqual([1, 1]);
  });

  it('cost one read of the version every five seconds, and no other while nothing changes', async () => {
    for (let second = 0; second < 60; second++) {
      await store.get('greet');
      now += 1000;
    }
    expect([table.readsOf('greet'), table.readsOf('#version')]).toEqual([1, 12]);
  });

  it('are seen elsewhere within ten seconds of a change', async () => {
    await store.get('greet');
    await store.get('echo');
    table.put('greet', { paused: { BOOL: true } });
    now += 5_000;
    expect(await store.get('greet')).toEqual({ paused: true });
    expect(await store.get('echo')).toEqual({});
  });

  it('are read again after an hour', async () => {
    await store.get('greet');
    now += 3_600_001;
    await store.get('greet');
    expect(table.readsOf('greet')).toBe(2);
  });

  it('stay the last known where the table fails, and the table is left alone for a while', async () => {
    table.put('greet', { paused: { BOOL: true } });
    await store.get('greet');
    table.fails = true;
    now += 5_000;
    for (let count = 0; count < 3; count++) expect(await store.get('greet')).toEqual({ paused: true });
    expect(logged).toEqual(['settings not read: those last known hold']);
    table.fails = false;
    table.put('greet', {});
    now += 5_000;
    expect(await store.get('greet')).toEqual({});
  });

  it('tell which types were ever changed, and none where the table fails', async () => {
    expect(await store.changedTypes()).toEqual([]);
    table.rows.set('#version', { version: { N: '2' }, types: { SS: ['echo', 'greet'] } });
    expect(await store.changedTypes()).toEqual(['echo', 'greet']);
    table.fails = true;
    expect(await store.changedTypes()).toEqual([]);
    expect(logged).toEqual(['changed types not read']);
  });

  it('are none where the table fails from the start', async () => {
    table.fails = true;
    expect(await store.get('greet')).toEqual({});
  });
});

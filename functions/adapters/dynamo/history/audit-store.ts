import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  type Act,
  type AuditPage,
  type AuditQuery,
  type AuditStore,
  dayBefore,
  dayOf,
  endOfDay,
  isAskedFor,
  placeOf,
} from '../../../core/audit/audit.ts';
import type { TenantId } from '../../../core/task/ids.ts';
import { n, type Row, requiredIn, s } from '../requests/row.ts';

export type DynamoAuditStoreOptions = { readonly tableName: string; readonly retentionDays: number };

/** For one page so many acts are looked at, of so many days: most tenants have few, and each day is a request. */
const MOST = { acts: 1_000, days: 31 };

/** One request has so many acts: a few hundred bytes each. */
const ACTS_OF_REQUEST = 100;

const required = requiredIn('the row of an act');

/** Acts in the table of what has happened: `#audit#<tenant>#<day>`, where executors may not write, and within a day by their places. */
export class DynamoAuditStore implements AuditStore {
  readonly #client: DynamoDBClient;
  readonly #options: DynamoAuditStoreOptions;

  constructor(client: DynamoDBClient, options: DynamoAuditStoreOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Takes one write unit. */
  async record(tenantId: TenantId, act: Act): Promise<void> {
    const { tableName, retentionDays } = this.#options;
    const place = placeOf(act);
    await this.#client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          pk: s(partitionOf(tenantId, dayOf(place))),
          sk: s(place),
          actorKind: s(act.actor.kind),
          actorId: s(act.actor.id),
          action: s(act.action),
          resource: s(act.resource),
          outcome: n(act.outcome),
          expiresAt: n(Math.ceil(act.time / 1000) + retentionDays * 86_400),
        },
      }),
    );
  }

  async list({ tenantId, from, to, limit, after, ...asked }: AuditQuery): Promise<AuditPage> {
    const first = new Date(from).toISOString();
    const acts: Act[] = [];
    let place = after ?? new Date(to).toISOString();
    let examined = 0;
    for (let days = 1, day = dayOf(place); day >= dayOf(first); days++, day = dayBefore(day)) {
      if (days > MOST.days) return { acts, next: endOfDay(day) };
      if (dayOf(place) !== day) place = endOfDay(day);
      // What is asked for may begin later by now than for the page before.
      if (place < first) break;
      for await (const act of this.#actsOf(tenantId, day, first, place)) {
        if (isAskedFor(act, asked)) {
          // One more than the page holds: there is another page, and it begins behind the last that was looked at.
          if (acts.length === limit) return { acts, next: place };
          acts.push(act);
        }
        place = placeOf(act);
        examined++;
        if (examined === MOST.acts) return { acts, next: place };
      }
    }
    return { acts };
  }

  /** Reads the acts of a day from a place on and before another, the newest first. */
  async *#actsOf(tenantId: TenantId, day: string, from: string, before: string): AsyncGenerator<Act> {
    let after: Row | undefined;
    do {
      const { Items: rows = [], LastEvaluatedKey: last } = await this.#client.send(
        new QueryCommand({
          TableName: this.#options.tableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :before',
          ExpressionAttributeValues: {
            ':pk': s(partitionOf(tenantId, day)),
            ':from': s(from),
            ':before': s(before),
          },
          ScanIndexForward: false,
          Limit: ACTS_OF_REQUEST,
          ExclusiveStartKey: after,
        }),
      );
      // The place that it goes on behind is itself one of them.
      for (const row of rows) if (row.sk?.S !== before) yield actOfRow(row);
      after = last;
    } while (after !== undefined);
  }
}

const partitionOf = (tenantId: TenantId, day: string): string => `#audit#${tenantId}#${day}`;

function actOfRow(row: Row): Act {
  const [time = '', requestId = ''] = required(row.sk?.S, 'sk').split('#');
  return {
    time: Date.parse(time),
    actor: {
      kind: row.actorKind?.S === 'token' ? 'token' : 'key',
      id: required(row.actorId?.S, 'actorId'),
    },
    action: required(row.action?.S, 'action'),
    resource: required(row.resource?.S, 'resource'),
    outcome: Number(required(row.outcome?.N, 'outcome')),
    requestId,
  };
}

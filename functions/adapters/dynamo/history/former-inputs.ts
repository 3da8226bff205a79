import { hash } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { byAge, type FormerInput, type FormerInputs } from '../../../core/fan-out/former-inputs.ts';
import type { TaskId, TenantId } from '../../../core/task/ids.ts';
import type { Payload } from '../../../core/task/payload.ts';
import type { Task } from '../../../core/task/task.ts';
import { n, type Row, requiredIn, s, seconds } from '../requests/row.ts';
import { payload, payloadAttributes, pkOf } from '../task-row.ts';

const PREFIX = 'input#';

/**
 * Former inputs as items of the history of their task: `input#<attempt>#<digest>`, since a task may be given another input twice before
 * it runs. What is large stays where its payload is.
 */
export class DynamoFormerInputs implements FormerInputs {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async add(
    { tenantId, id, attempt, input }: Pick<Task, 'tenantId' | 'id' | 'attempt' | 'input'>,
    replacedAt: number,
    keepUntil: number,
  ): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#tableName,
        Item: {
          pk: s(pkOf(tenantId, id)),
          sk: s(`${PREFIX}${String(attempt).padStart(4, '0')}#${digestOf(input)}`),
          ...payloadAttributes('input', input),
          replacedAt: n(replacedAt),
          expiresAt: seconds(keepUntil),
        },
      }),
    );
  }

  async list(tenantId: TenantId, id: TaskId): Promise<readonly FormerInput[]> {
    const { Items: rows = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': s(pkOf(tenantId, id)), ':prefix': s(PREFIX) },
        Limit: MOST,
        ConsistentRead: true,
      }),
    );
    return rows.map(formerInputOf).toSorted(byAge);
  }
}

function formerInputOf(row: Row): FormerInput {
  const [, attempt] = required(row.sk?.S, 'sk').split('#');
  return {
    attempt: Number(attempt),
    input: payload(row, 'input'),
    replacedAt: Number(required(row.replacedAt?.N, 'replacedAt')),
  };
}

/** Tells two inputs of one task apart. */
const digestOf = (input: Payload): string => hash('sha256', JSON.stringify(input)).slice(0, 16);

/** A task that was given more inputs than this shows the first of them. */
const MOST = 100;

const required = requiredIn('the row of a former input');

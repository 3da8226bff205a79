import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttributeValue, BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { localTarget } from '../../local/aws-target.ts';
import type { Calls, Ended, Part } from './peer.ts';
import { descendantsOf, variableOf } from './processes.ts';

/** The local cloud, with a count of what functions call. */
export const COUNTING_SERVER = join(import.meta.dirname, 'counting_server.py');
const MAX_KEYS = 100;

/** Which of a cloud's functions is which part, by the ends of their names. */
export type FunctionParts = Readonly<Record<string, Part>>;

/** What is asked of a local cloud whose functions are a peer. */
export class EmulatedCloud {
  readonly #endpoint: string;
  readonly #serverPid: number;
  readonly #parts: FunctionParts;
  readonly #dynamo: DynamoDBClient;
  readonly #known = new Map<number, Part>();

  constructor(endpoint: string, serverPid: number, parts: FunctionParts) {
    this.#endpoint = endpoint;
    this.#serverPid = serverPid;
    this.#parts = parts;
    this.#dynamo = new DynamoDBClient(localTarget(endpoint).client);
  }

  processes(): ReadonlyMap<number, Part> {
    const found = new Map<number, Part>([[this.#serverPid, 'store']]);
    for (const pid of descendantsOf(this.#serverPid)) {
      const part = this.#known.get(pid) ?? this.#partOf(pid);
      this.#known.set(pid, part);
      found.set(pid, part);
    }
    return found;
  }

  #partOf(pid: number): Part {
    const name = variableOf(pid, 'AWS_LAMBDA_FUNCTION_NAME');
    if (name === undefined) return 'store';
    return Object.entries(this.#parts).find(([part]) => name.includes(part))?.[1] ?? 'control';
  }

  async calls(): Promise<Calls> {
    return z.record(z.string(), z.number()).parse(await (await fetch(`${this.#endpoint}/_calls`)).json());
  }

  killWorkers(): void {
    for (const [pid, part] of this.processes()) if (part === 'worker') process.kill(pid, 'SIGKILL');
  }

  /** The rows of tasks that are over; `keyOf` makes the value of the table's key of a task's id. */
  async ended(table: string, keyName: string, ids: readonly string[], keyOf = (id: string) => id): Promise<Ended[]> {
    const idOf = new Map(ids.map((id) => [keyOf(id), id]));
    const keys = [...idOf.keys()].map((key) => ({ [keyName]: { S: key } }));
    const ended: Ended[] = [];
    while (keys.length > 0) {
      const Keys = keys.splice(0, MAX_KEYS);
      const { Responses, UnprocessedKeys } = await this.#dynamo.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
      );
      keys.push(...((UnprocessedKeys?.[table]?.Keys ?? []) as typeof keys));
      for (const row of Responses?.[table] ?? []) {
        const one = endedOf(row, idOf.get(row[keyName]?.S ?? '') ?? '');
        if (one !== undefined) ended.push(one);
      }
    }
    return ended;
  }
}

const OVER = z.enum(['succeeded', 'failed']);

function endedOf({ status, finishedAt }: Record<string, AttributeValue>, id: string): Ended | undefined {
  const over = OVER.safeParse(status?.S);
  return over.success ? { id, status: over.data, finishedAt: Number(finishedAt?.N) } : undefined;
}

/** Until an API lets a key in: what it looks at first takes a moment to be there. */
export async function untilAnswering(url: string, key: string): Promise<void> {
  const task = { type: 'work', priority: 'normal', input: { milliseconds: 0 } };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/api/tasks`, { method: 'POST', headers, body: JSON.stringify(task) });
    if (answer.status === 202) return;
    if (tries === 100) throw new Error(`${url} answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    await sleep(200);
  }
}

import {
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type BatchStatementRequest,
  type BatchStatementResponse,
  type DynamoDBClient,
  DynamoDBServiceException,
} from '@aws-sdk/client-dynamodb';
import { chunksOf } from '../../../core/concurrency.ts';
import type { Log, Tracing } from '../../../core/ports.ts';
import { conditionalUpdate, type Updated } from './conditional-update.ts';
import type { Row } from './row.ts';
import { type BatchedUpdate, updateStatement } from './update-statement.ts';

/** A row to be made where there is none of its key. */
export type BatchedInsert = { readonly tableName: string; readonly row: Row };

/** One of the writes of a request: its statement, its outcome, and how to make it in a request of its own. */
type BatchedWrite<T> = {
  readonly tableName: string;
  /** The key of its row: a request may have one statement for each. */
  readonly item: string | undefined;
  readonly statement: () => BatchStatementRequest;
  /** Reads what an answer says of the write; `undefined` where it leaves that open. */
  readonly outcome: (answer: BatchStatementResponse) => T | undefined;
  readonly alone: () => Promise<T>;
};

type Waiting = {
  readonly write: BatchedWrite<unknown>;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Each task that waits for a write has it in its trace; the request is in the trace of none. */
export type CallTracing = Pick<Tracing, 'call' | 'apart'>;

const UNTRACED: CallTracing = { call: (_name, work) => work(), apart: (work) => work() };

/**
 * The errors of a request, or (without `Exception`) of a statement, of a table that has too much to do: repeats would give
 * it more.
 */
const TOO_MUCH = /^(ProvisionedThroughputExceeded|RequestLimitExceeded|Throttling|InternalServerError)/;

/** One request has at most so many statements (DynamoDB API reference, BatchExecuteStatement). */
const STATEMENTS = 25;

/**
 * Makes conditional writes, those that are asked for in one turn of the event loop in one request: most of the CPU of a small
 * write is its request. Each stands for itself, as if alone: `BatchExecuteStatement` is no transaction, and bills each
 * statement as its own write. (`BatchWriteItem` knows no conditions, and a transaction costs twice the units.)
 */
export class BatchedWrites {
  readonly #client: DynamoDBClient;
  readonly #log: Log;
  readonly #tracing: CallTracing;
  #waiting: Waiting[] = [];

  constructor(client: DynamoDBClient, log: Log, tracing: CallTracing = UNTRACED) {
    this.#client = client;
    this.#log = log;
    this.#tracing = tracing;
  }

  /** Writes a row under a condition. Throws what is neither success nor refusal. */
  update(update: BatchedUpdate): Promise<Updated> {
    const { tableName, key, blind = false } = update;
    return this.#enqueue({
      tableName,
      item: key.pk?.S,
      statement: () => updateStatement(update),
      outcome: ({ Item: row, Error: error }) => {
        if (error !== undefined) return error.Code === CONDITION ? { refusedBy: error.Item } : undefined;
        return row !== undefined || blind ? { written: row ?? {} } : undefined;
      },
      alone: () => conditionalUpdate(this.#client, update),
    });
  }

  /** Makes a row; `exists` where there is one, which the answer does not show. `alone` makes it in a request of its own. */
  insert<T>({ tableName, row }: BatchedInsert, alone: () => Promise<T>): Promise<T | 'inserted' | 'exists'> {
    const names = Object.keys(row);
    return this.#enqueue<T | 'inserted' | 'exists'>({
      tableName,
      item: row.pk?.S,
      statement: () => ({
        Statement: `INSERT INTO "${tableName}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
        Parameters: Object.values(row),
      }),
      outcome: ({ Error: error }) =>
        error === undefined ? 'inserted' : error.Code === DUPLICATE ? 'exists' : undefined,
      alone,
    });
  }

  #enqueue<T>(write: BatchedWrite<T>): Promise<T> {
    if (this.#waiting.length === 0) setImmediate(() => this.#tracing.apart(() => this.#flush()));
    const written = new Promise<T>((resolve, reject) => {
      this.#waiting.push({ write, resolve: resolve as Waiting['resolve'], reject });
    });
    return this.#tracing.call('DynamoDB', () => written, 'aws');
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const part of chunksOf(waiting, STATEMENTS)) void this.#send(part);
  }

  async #send(part: readonly Waiting[]): Promise<void> {
    // A request may have one statement for a row, and for a single write it saves nothing.
    const rows = new Map(part.map((one) => [`${one.write.tableName} ${one.write.item}`, one]));
    const together = rows.size > 1 ? [...rows.values()] : [];
    for (const one of part) if (!together.includes(one)) this.#alone(one);
    if (together.length === 0) return;
    try {
      const { Responses: responses = [] } = await this.#client.send(
        new BatchExecuteStatementCommand({ Statements: together.map(({ write }) => write.statement()) }),
      );
      for (const [index, one] of together.entries()) this.#answer(one, responses[index]);
    } catch (error) {
      if (error instanceof DynamoDBServiceException && error.$fault === 'client' && !TOO_MUCH.test(error.name)) {
        for (const one of together) this.#alone(one, error.name);
      } else {
        for (const one of together) one.reject(error);
      }
    }
  }

  /** Ends a write as its statement ended. A throttled one fails: requests of their own would be throttled as well. */
  #answer(one: Waiting, answer: BatchStatementResponse | undefined): void {
    const outcome = answer && one.write.outcome(answer);
    const { Error: error } = answer ?? {};
    if (outcome !== undefined) one.resolve(outcome);
    else if (error !== undefined && TOO_MUCH.test(error.Code ?? '')) one.reject(errorOfStatement(error));
    else this.#alone(one, error?.Code ?? 'NoAnswer');
  }

  /** Makes a write in a request of its own; `refusal` says why, where it was one of several. */
  #alone({ write, resolve }: Waiting, refusal?: string): void {
    if (refusal !== undefined) this.#log('warn', 'batched write sent alone', { refusal, table: write.tableName });
    resolve(write.alone());
  }
}

const CONDITION = 'ConditionalCheckFailed';
const DUPLICATE = 'DuplicateItem';

const errorOfStatement = ({
  Code: name = 'InternalServerError',
  Message: message = name,
}: BatchStatementError): Error => new DynamoDBServiceException({ name, message, $fault: 'server', $metadata: {} });

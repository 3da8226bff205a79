import { setTimeout as sleep } from 'node:timers/promises';
import { type Told, told } from './answers.ts';
import { arrivals, type Phase } from './arrivals.ts';
import type { MillraceApi } from './millrace-api.ts';
import type { Kind, Operation } from './mix.ts';

/** One request, from the moment at which it was due. All times are milliseconds of this machine's clock. */
export type RequestRecord = Told & {
  readonly kind: Kind;
  readonly phase: string;
  readonly dueAt: number;
  /** When it was handed to the connections, which may all be busy. */
  readonly startedAt: number;
  readonly endedAt: number;
};

/** Requests under way at most: past that, they are not sent, which is counted as an error. */
const MAX_UNDER_WAY = 5_000;

export type Generation = {
  readonly api: MillraceApi;
  readonly phases: Iterable<Phase>;
  readonly next: (count: number) => Operation;
  readonly record: (record: RequestRecord) => void;
  readonly signal: AbortSignal;
};

/** Sends what the phases say, each request when it is due, and waits for the last answer. Returns when it began. */
export async function generateLoad({ api, phases, next, record, signal }: Generation): Promise<number> {
  const begunAt = Date.now();
  const underWay = new Set<Promise<void>>();
  let count = 0;
  for (const arrival of arrivals(phases)) {
    const dueAt = begunAt + arrival.dueMilliseconds;
    const early = dueAt - Date.now();
    if (early > 0) await sleep(early);
    signal.throwIfAborted();
    const operation = next(count++);
    const sent = { kind: operation.kind, phase: arrival.phase.name, dueAt };
    if (underWay.size >= MAX_UNDER_WAY) {
      record({ ...sent, ...failed('not sent: too many under way'), startedAt: Date.now(), endedAt: Date.now() });
      continue;
    }
    const request = perform(api, operation, sent)
      .then(record)
      .finally(() => underWay.delete(request));
    underWay.add(request);
  }
  await Promise.all(underWay);
  return begunAt;
}

async function perform(
  api: MillraceApi,
  { kind, request }: Operation,
  sent: Pick<RequestRecord, 'kind' | 'phase' | 'dueAt'>,
): Promise<RequestRecord> {
  const startedAt = Date.now();
  const answer = await api.send(request).then(
    (given) => told(kind, given),
    (error: unknown) => failed(reasonOf(error)),
  );
  return { ...sent, ...answer, startedAt, endedAt: Date.now() };
}

const failed = (reason: string): Told => ({ accepted: [], isReplayed: false, refusals: [], errors: [reason] });

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

import type { Request } from './millrace-api.ts';

/** What clients do. */
export type Kind = 'single' | 'repeat' | 'bulk' | 'fan-out' | 'batch' | 'read' | 'list';

export const isSubmit = ({ kind }: { readonly kind: Kind }): boolean => kind !== 'read' && kind !== 'list';

export type Mix = {
  /** How often each is done. */
  readonly weights: Readonly<Record<Kind, number>>;
  readonly bulk: {
    readonly size: number;
    readonly priority: 'high' | 'normal' | 'low';
    /** Its tasks wait so long for an answer each, where there is a server that gives one; otherwise they are small ones. */
    readonly waitMilliseconds?: number;
  };
};

export type Operation = { readonly kind: Kind; readonly request: Request };

/** What an operation may refer to. */
export type Surroundings = {
  /** From 0 to 1, like `Math.random`. */
  readonly random: () => number;
  /** Unlike that of any run before. */
  readonly runId: string;
  /** Ids of tasks that were accepted of late. */
  readonly recentIds: readonly string[];
  /** Where tasks send what they send; none where nothing can be reached. */
  readonly batchEndpoint: string | undefined;
};

/** Mostly small tasks one by one, over all priorities, with what clients do beside. */
export const EXPECTED_MIX: Mix = {
  weights: { single: 58, repeat: 4, bulk: 2, 'fan-out': 1, batch: 5, read: 26, list: 4 },
  bulk: { size: 25, priority: 'low' },
};

const PRIORITIES = ['high', 'normal', 'normal', 'normal', 'low'];
const STATUSES = ['queued', 'running', 'succeeded', 'failed'];
const KEYS_AT_A_TIME = 20;
const REPEATS_OF_A_KEY = 3;
const WORDS = 'A task is one unit of work with an id, a type, an input, a priority, a status and an outcome. ';
const MARKDOWN = `# Hello\n\n${WORDS}\n\n- one\n- two **bold**\n- [three](https://example.com)\n`;
const TEXT = WORDS.repeat(45);

/** The next operation: one kind or another, by weight. */
export function nextOperation(mix: Mix, count: number, surroundings: Surroundings): Operation {
  const kind = kindOf(mix, surroundings);
  return { kind, request: requestOf(kind, mix, count, surroundings) };
}

function kindOf({ weights }: Mix, { random, recentIds, batchEndpoint }: Surroundings): Kind {
  const kinds = (Object.keys(weights) as Kind[]).filter(
    (kind) => !(kind === 'batch' && batchEndpoint === undefined) && !(kind === 'read' && recentIds.length === 0),
  );
  const place = random() * kinds.reduce((sum, kind) => sum + weights[kind], 0);
  let passed = 0;
  for (const kind of kinds) {
    passed += weights[kind];
    if (place < passed) return kind;
  }
  return 'single';
}

function requestOf(kind: Kind, { bulk }: Mix, count: number, surroundings: Surroundings): Request {
  const { random, runId, recentIds, batchEndpoint } = surroundings;
  const anyOf = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  const small = () => ({ type: 'markdown.render', input: { markdown: MARKDOWN }, priority: anyOf(PRIORITIES) });
  const submit = (body: unknown, headers = {}): Request => ({ method: 'POST', path: '/api/tasks', body, headers });
  switch (kind) {
    case 'single':
      return submit(small());
    case 'repeat': {
      // Of so many keys at a time, each is sent some times over before others take their place.
      const generation = Math.floor(count / (KEYS_AT_A_TIME * REPEATS_OF_A_KEY));
      const key = `${runId}-${generation}-${Math.floor(random() * KEYS_AT_A_TIME)}`;
      return submit({ ...small(), priority: 'normal' }, { 'idempotency-key': key });
    }
    case 'bulk': {
      const { size, priority, waitMilliseconds } = bulk;
      const waiting = { type: 'http.request', input: { url: `${batchEndpoint}?ms=${waitMilliseconds}` } };
      const isWaiting = waitMilliseconds !== undefined && batchEndpoint !== undefined;
      const tasks = Array.from({ length: size }, () => ({ ...(isWaiting ? waiting : small()), priority }));
      return { method: 'POST', path: '/api/tasks/batch', body: { tasks } };
    }
    case 'fan-out':
      return submit({ type: 'text.wordcount', input: { text: TEXT, parts: 4 } });
    case 'batch':
      return submit({ type: 'http.bulk', input: { endpoint: batchEndpoint, record: { count } } });
    case 'read':
      return { method: 'GET', path: `/api/tasks/${anyOf(recentIds)}` };
    case 'list':
      return { method: 'GET', path: `/api/tasks?limit=25&status=${anyOf(STATUSES)}` };
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { AttemptHttp } from '../../core/define-task.ts';
import type { HttpClient } from '../../core/http-client.ts';
import type { Log, Tracing } from '../../core/ports.ts';

type ScopeOptions = {
  /** What names its task, or those of its batch, in the log. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly log: Log;
  /** Ends the attempt with an error that nobody caught. */
  readonly fail: (thrown: unknown) => void;
};

const scopes = new AsyncLocalStorage<AttemptScope>();
const begun = new Set<AttemptScope>();

/** Whose work is being done, wherever it was begun and whoever waits for it: async context tells one attempt from another. */
export class AttemptScope {
  readonly fields: ScopeOptions['fields'];
  readonly #log: Log;
  readonly #fail: ScopeOptions['fail'];

  constructor({ fields, log, fail }: ScopeOptions) {
    this.fields = fields;
    this.#log = log;
    this.#fail = fail;
    begun.add(this);
  }

  static current(): AttemptScope | undefined {
    return scopes.getStore();
  }

  /** Those under way in this thread. */
  static get begun(): readonly AttemptScope[] {
    return [...begun];
  }

  get isUnderWay(): boolean {
    return begun.has(this);
  }

  run<T>(work: () => T): T {
    return scopes.run(this, work);
  }

  /** Writes a line that names the attempt. */
  log(level: Parameters<Log>[0], event: string, more: object = {}): void {
    this.#log(level, event, { ...this.fields, ...more });
  }

  /** Fails the attempt with an error that nobody caught; one that comes after its end is a line in the log. */
  fail(thrown: unknown, more: object): void {
    if (this.isUnderWay) this.#fail(thrown);
    else this.log('warn', 'error after the attempt had ended', more);
  }

  /** Nothing that is thrown from now on changes how the attempt ended. */
  end(): void {
    begun.delete(this);
  }
}

/** What the signal of an attempt aborts with that has ended by itself. */
export const ATTEMPT_OVER = new DOMException('the attempt is over', 'AbortError');

/** Does work that attempts share, such as opening a connection: what becomes of it later is of no single one. */
const outsideOfAttempts = <T>(work: () => T): T => scopes.exit(work);

/**
 * Outgoing HTTP of one attempt. What `signal` ends, it ends: a body that nobody has read would keep one of the connections
 * that all tasks of this executor share.
 */
export const attemptHttp = (http: HttpClient, signal: AbortSignal, call?: Tracing['call']): AttemptHttp => ({
  request: async (url, request = {}) => {
    const ended = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
    const send = () => http.request(url, { ...request, signal: ended });
    // A connection outlives the attempt that opens it. Awaited, so that a rejection that nobody handles is the attempt's.
    return await outsideOfAttempts(() => (call === undefined ? send() : call(hostOf(url), send)));
  },
});

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'nowhere';

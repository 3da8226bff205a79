import { AsyncLocalStorage } from 'node:async_hooks';
import type { AttemptHttp, HttpClient } from '../../core/http-client.ts';
import type { Log, Tracing } from '../../core/ports.ts';

type ScopeOptions = {
  /** Names its task, or those of its batch, in the log. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly log: Log;
  /** Ends the attempt with an error that nobody caught. */
  readonly fail: (thrown: unknown) => void;
};

const scopes = new AsyncLocalStorage<AttemptScope>();
const begun = new Set<AttemptScope>();

/** The signal of an attempt that has ended by itself aborts with this. */
const ATTEMPT_OVER = new DOMException('the attempt is over', 'AbortError');

/** An attempt under way: async context tells its work from that of others, wherever it was begun and whoever waits for it. */
export class AttemptScope {
  readonly fields: ScopeOptions['fields'];
  readonly #log: Log;
  readonly #fail: ScopeOptions['fail'];
  readonly #controller = new AbortController();

  constructor({ fields, log, fail }: ScopeOptions) {
    this.fields = fields;
    this.#log = log;
    this.#fail = fail;
    begun.add(this);
  }

  /** The attempt whose work is being done. */
  static current(): AttemptScope | undefined {
    return scopes.getStore();
  }

  /** The attempts under way in this thread. */
  static get begun(): readonly AttemptScope[] {
    return [...begun];
  }

  get isUnderWay(): boolean {
    return begun.has(this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
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

  /** Aborts the signal. A listener runs within the scope, so what it throws is the attempt's own. */
  abort(reason: unknown): void {
    this.run(() => this.#controller.abort(reason));
  }

  /**
   * Ends the attempt: nothing that is thrown from now on changes its outcome. What it has left open ends with it: a body that
   * nobody reads would keep its connection from the tasks that follow.
   */
  end(): void {
    begun.delete(this);
    this.abort(ATTEMPT_OVER);
  }
}

/** Does work that attempts share, such as opening a connection: what becomes of it later is the fault of no single one. */
const outsideOfAttempts = <T>(work: () => T): T => scopes.exit(work);

/**
 * Returns the outgoing HTTP of one attempt. What `signal` ends, it ends: a body that nobody has read would keep one of the
 * connections that all tasks of this executor share.
 */
export const attemptHttp = (http: HttpClient, signal: AbortSignal, call?: Tracing['call']): AttemptHttp => ({
  request: async (url, request = {}) => {
    const ended = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
    const send = () => http.request(url, { ...request, signal: ended });
    // A connection outlives the attempt that opens it. It is awaited here, so that a rejection that nobody handles is the
    // attempt's.
    return await outsideOfAttempts(() => (call === undefined ? send() : call(hostOf(url), send)));
  },
});

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'nowhere';

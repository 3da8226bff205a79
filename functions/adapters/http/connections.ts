import { Client, type Dispatcher, Pool } from 'undici';
import { TaskFailure } from '../../core/define-task.ts';

/** No more connections than this are open to one origin at a time. */
const MAX_CONNECTIONS = 20;
/** So many of them stay open as long as the origin is in use, however seldom. */
const KEPT_CONNECTIONS = 5;
/** Even these end so long after their last request: a NAT gateway of AWS forgets a connection after 350 s. */
const KEPT_IDLE_MS = 300_000;
/** A request waits so long for a connection to be free. */
const PATIENCE_MS = 2_000;
/** Other connections end after so long without a request, and the kept ones after so long without one to their origin. */
const IDLE_MS = 30_000;

type Turn = ReturnType<typeof Promise.withResolvers<void>>;

/** Keeps connections alive, apart for each origin. */
export class HttpConnections {
  readonly #options: Pool.Options;
  readonly #idleMilliseconds: number;
  readonly #origins = new Map<string, Origin>();

  constructor(options: Pool.Options, idleMilliseconds = IDLE_MS) {
    this.#options = options;
    this.#idleMilliseconds = idleMilliseconds;
  }

  /**
   * Sends a request. Throws what undici throws, and `TaskFailure` `connections_busy` where no connection has become free in
   * time.
   */
  request(origin: string, options: Dispatcher.RequestOptions, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let connections = this.#origins.get(origin);
    if (connections === undefined) {
      connections = new Origin(origin, this.#options, this.#idleMilliseconds, () => this.#origins.delete(origin));
      this.#origins.set(origin, connections);
    }
    return connections.request(options, signal);
  }

  /** Ends all connections; requests under way fail. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#origins.values()].map((connections) => connections.destroy()));
  }
}

/** The connections to one origin. A request has one from its turn to the end of its answer, read or not. */
class Origin {
  readonly #origin: string;
  readonly #pool: Pool;
  readonly #idleMilliseconds: number;
  readonly #ended: () => void;
  #taken = 0;
  /** Requests that wait for a connection, in the order in which they came. */
  readonly #waiting = new Set<Turn>();
  #idle: NodeJS.Timeout | undefined;

  constructor(origin: string, options: Pool.Options, idleMilliseconds: number, ended: () => void) {
    this.#origin = origin;
    this.#idleMilliseconds = idleMilliseconds;
    this.#ended = ended;
    this.#pool = new Pool(origin, { ...options, connections: MAX_CONNECTIONS, factory: clientsOf(idleMilliseconds) });
  }

  async request(options: Dispatcher.RequestOptions, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    await this.#turn(signal);
    let isTaken = true;
    const release = (): void => {
      if (isTaken) this.#release();
      isTaken = false;
    };
    const pool = this.#pool.compose((dispatch) => (asked, handler) => dispatch(asked, releasing(handler, release)));
    try {
      return await pool.request({ ...options, signal });
    } catch (error) {
      release();
      throw error;
    }
  }

  async destroy(): Promise<void> {
    clearTimeout(this.#idle);
    this.#ended();
    await this.#pool.destroy();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    if (this.#taken < MAX_CONNECTIONS) {
      this.#taken += 1;
      return;
    }
    const turn: Turn = Promise.withResolvers();
    this.#waiting.add(turn);
    const giveUp = (reason: unknown): void => {
      this.#waiting.delete(turn);
      turn.reject(reason);
    };
    const abort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(busy(this.#origin)), PATIENCE_MS);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Hands a connection on to whoever has waited longest. */
  #release(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      next.resolve();
      return;
    }
    this.#taken -= 1;
    if (this.#taken === 0) this.#idle = setTimeout(() => this.#end(), this.#idleMilliseconds).unref();
  }

  #end(): void {
    this.#ended();
    void this.#pool.close();
  }
}

/** Makes the connections of a pool. The first ones are kept; one that cannot be opened makes way for another. */
function clientsOf(idleMilliseconds: number): (origin: URL, options: Client.Options) => Client {
  const kept = new Set<Client>();
  return (origin, options) => {
    const isKept = kept.size < KEPT_CONNECTIONS;
    const idle = isKept ? KEPT_IDLE_MS : idleMilliseconds;
    const client = new Client(origin, { ...options, keepAliveTimeout: idle, keepAliveMaxTimeout: idle });
    if (isKept) kept.add(client.once('connectionError', () => kept.delete(client)));
    return client;
  };
}

function busy(origin: string): TaskFailure {
  const taken = `all ${MAX_CONNECTIONS} connections to ${new URL(origin).host} were taken for ${PATIENCE_MS / 1000} s`;
  const message = `${taken}: it answers too slowly for so many requests at a time`;
  return new TaskFailure('connections_busy', message, { retryable: true });
}

/** Wraps a handler of undici so that `release` is called when the answer has ended, well or badly. */
const releasing = (handler: Dispatcher.DispatchHandler, release: () => void): Dispatcher.DispatchHandler => ({
  onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
  onResponseStart: (...answer) => handler.onResponseStart?.(...answer),
  onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
  onResponseEnd: (controller, trailers) => {
    release();
    handler.onResponseEnd?.(controller, trailers);
  },
  onResponseError: (controller, error) => {
    release();
    handler.onResponseError?.(controller, error);
  },
});

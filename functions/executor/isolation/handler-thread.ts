import { setFlagsFromString } from 'node:v8';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { FanOut, type TaskContext, TaskFailure } from '../../core/define-task.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Log, Tracing } from '../../core/ports.ts';
import type { HandlerCall } from '../attempt/run-handler.ts';
import { GRACE_MILLISECONDS } from '../executor-ports.ts';
import {
  type Abort,
  type FromThread,
  type Job,
  packThrown,
  type Report,
  type SecretAnswer,
  type ThreadData,
  type Thrown,
  unpackThrown,
} from './thread-messages.ts';
import { ToldCalls } from './told-calls.ts';

/** The young generation of a heap gets no more: it is V8's own default on a machine with memory enough. */
const MOST_YOUNG_MB = 48;

/** Is thrown where a thread has died of what an earlier attempt left in it: the next one has not begun, and may elsewhere. */
export class NotBegun extends Error {}

/** A thread that runs one handler at a time. An abort, or whatever ends it, is a failure of that attempt alone. */
export class HandlerThread {
  /** It keeps what it was started with, whatever attempts it makes. */
  readonly data: ThreadData;
  readonly #heapMb: number;
  readonly #worker: Worker;
  readonly #log: Log;
  #attempts = 0;
  #alive = true;
  /** The task whose attempt was the last to begin. */
  #last: TaskContext['task'] | undefined;
  #isRunning = false;
  #isRetired = false;
  #error: NodeJS.ErrnoException | undefined;

  /** Of the environment the thread has what `data` says; the flags of the process are not for it. */
  constructor(entry: URL, heapMb: number, data: ThreadData, log: Log) {
    this.data = data;
    this.#heapMb = heapMb;
    this.#log = log;
    // The flag of NODE_OPTIONS would take the place of every limit below (Node's documentation, `resourceLimits`). The
    // heap of the executor itself has been made by it, and stays as it is.
    setFlagsFromString('--max-old-space-size=0');
    this.#worker = new Worker(entry, {
      workerData: data,
      env: { ...data.environment },
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: heapMb,
        maxYoungGenerationSizeMb: Math.min(MOST_YOUNG_MB, Math.ceil(heapMb / 6)),
      },
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', () => {
      // It is not alive where it was ended from here.
      if (this.#alive && !this.#isRunning)
        this.#logLast('thread died between attempts', { reason: String(this.#error) });
      this.#alive = false;
    });
    this.#worker.on('message', ({ line }: FromThread) => log(...line));
    this.#worker.unref();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Makes one attempt. Throws what the handler throws; after an abort, at the latest when the grace is over, the reason
   * of the signal. A thread that dies of it fails it with `out_of_memory`, or with the error that ended the thread; one that
   * has died before throws `NotBegun`.
   */
  async run(call: HandlerCall, ctx: TaskContext, tracing?: Tracing): Promise<JsonValue | FanOut> {
    ctx.signal.throwIfAborted();
    this.#attempts++;
    this.#isRunning = true;
    let hasBegun = false;
    const { promise, resolve, reject } = Promise.withResolvers<JsonValue | FanOut>();
    const { port1: port, port2: portOfThread } = new MessageChannel();
    const { signal, task, schedule } = ctx;
    const calls = tracing?.isRecording() === true ? new ToldCalls(tracing) : undefined;
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      port.postMessage({ abort: packThrown(signal.reason) } satisfies Abort);
      grace = setTimeout(() => this.terminate(), GRACE_MILLISECONDS);
    };
    const exit = (): void => {
      if (signal.aborted) reject(signal.reason);
      else reject(hasBegun || this.#attempts === 1 ? this.#causeOfDeath() : new NotBegun());
    };
    const hear = (report: Report): void => {
      if ('begun' in report) {
        hasBegun = true;
        this.#last = task;
      } else if ('log' in report) ctx.log(...report.log);
      else if ('secret' in report) void answerSecret(report.secret, ctx, port);
      else if ('progress' in report) ctx.progress(report.progress.fraction, report.progress.note);
      else if ('call' in report) calls?.begin(report.call);
      else if ('called' in report) calls?.end(report.called);
      else if ('left' in report) this.#retire(report.left);
      else if ('output' in report) resolve(report.output);
      else if ('subtasks' in report) resolve(new FanOut(report.subtasks));
      else {
        // Nobody foresaw it, so what it leaves behind (half a cache, the memory of a WebAssembly that trapped) is unknown.
        if ('error' in report.thrown) this.terminate();
        reject(unpackThrown(report.thrown));
      }
    };
    port.on('message', (report: Report) => {
      try {
        hear(report);
      } catch (error) {
        // Thrown in a listener, it would be an error that nobody catches.
        reject(error);
      }
    });
    this.#worker.once('exit', exit);
    this.#worker.ref();
    signal.addEventListener('abort', abort);
    try {
      const job: Job = { task, schedule, call, port: portOfThread, tellsCalls: calls !== undefined };
      this.#worker.postMessage(job, [portOfThread]);
      return await promise;
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
      this.#worker.off('exit', exit);
      this.#worker.unref();
      this.#isRunning = false;
      port.close();
      if (this.#isRetired) this.terminate();
    }
  }

  /** Takes no more attempts: what one has left running might take time, memory and connections from tasks of others. */
  #retire(left: readonly string[]): void {
    this.#isRetired = true;
    this.#logLast('thread ended: its attempt left something running', { left });
  }

  #logLast(event: string, more: object): void {
    const { id, type, attempt } = this.#last ?? {};
    this.#log('warn', event, { task_id: id, task_type: type, attempt, ...more });
  }

  /** Ends it, with whatever runs in it. */
  terminate(): void {
    this.#alive = false;
    void this.#worker.terminate();
  }

  #causeOfDeath(): Error {
    if (this.#error === undefined) return new Error('the handler ended the thread that it ran in');
    if (this.#error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return this.#error;
    // What the handler took in a thread of its own, it would take again; in a used one, others may have left something.
    const retryable = this.#attempts > 1;
    return new TaskFailure('out_of_memory', `the handler took more than ${this.#heapMb} MB of heap`, { retryable });
  }
}

/** Fetches a secret for an attempt in a thread. Where that has ended meanwhile, nobody hears it. */
async function answerSecret(
  { place, name }: { readonly place: number; readonly name: string },
  ctx: TaskContext,
  port: MessagePort,
): Promise<void> {
  const answer = (rest: { value: string } | { thrown: Thrown }): void =>
    port.postMessage({ secret: { place, ...rest } } satisfies SecretAnswer);
  await ctx.secret(name).then(
    (value) => answer({ value }),
    (error: unknown) => answer({ thrown: packThrown(error) }),
  );
}

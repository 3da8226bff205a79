import { devNull } from 'node:os';
import { TaskFailure } from '../../core/define-task.ts';
import type { Log } from '../../core/ports.ts';
import { classOf, type DeployedClass, type DeployedClasses, threadHeapMb } from '../../resource-classes.ts';
import type { HandlerPorts } from '../attempt/run-handler.ts';
import { HandlerThread, NotBegun } from './handler-thread.ts';
import type { ThreadData, ThreadOptions } from './thread-messages.ts';

/** Where the environment has no credentials, an SDK looks into files of the user, and asks the machine that it runs on. */
const NO_CREDENTIALS = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** An SDK says so where the environment has nothing: no bundle has the packages by which it would look elsewhere. */
const FOUND_NOTHING = /Region is missing|Could not load credentials|\/credential-provider-/;

/** Says of what an SDK throws for want of credentials how a type gets them. */
function withRemedy(error: unknown): unknown {
  // A handler that fails by itself says what it means.
  if (error instanceof TaskFailure || !(error instanceof Error && FOUND_NOTHING.test(error.message))) return error;
  const remedy = 'an isolated handler has no credentials of AWS unless its type says `credentials: true`';
  return new Error(remedy, { cause: error });
}

/**
 * Keeps the threads of an executor for handlers that could block it: in the executor's own thread an endless loop would keep
 * every timer from its turn, the task's own timeout too. A thread is started when a task needs one, and kept for the next.
 */
export class HandlerThreads {
  readonly #entry: URL;
  readonly #data: ThreadData;
  readonly #dataWithCredentials: ThreadData;
  readonly #log: Log;
  readonly #classes: DeployedClasses;
  #taken = 0;
  readonly #idle: HandlerThread[] = [];
  /** The attempts that wait for a thread; the first come are the first. */
  readonly #waiting = new Set<() => void>();

  /** `entry` is what each thread runs; it serves attempts (`serve-attempts.ts`). */
  constructor(entry: URL, { credentials, environment, ...data }: ThreadOptions, log: Log, classes: DeployedClasses) {
    this.#entry = entry;
    this.#data = { ...data, environment: { ...NO_CREDENTIALS, ...environment } };
    this.#dataWithCredentials = { ...data, environment: { ...credentials, ...environment } };
    this.#log = log;
    this.#classes = classes;
  }

  /** Makes an attempt as `definition.run` would, in a thread: an abort ends it wherever it is. */
  readonly isolate: HandlerPorts['isolate'] = async ({ resources, credentials = false }, call, ctx, tracing) => {
    // An executor runs tasks of one class, so all its threads are of one size.
    const deployed = classOf(this.#classes, resources);
    await this.#turn(deployed.threads, ctx.signal);
    try {
      for (;;) {
        const thread = this.#threadWith(credentials ? this.#dataWithCredentials : this.#data, deployed);
        try {
          return await thread.run(call, ctx, tracing);
        } catch (error) {
          if (!(error instanceof NotBegun)) throw credentials ? error : withRemedy(error);
        } finally {
          if (thread.alive) this.#idle.push(thread);
        }
      }
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#taken--;
      else next();
    }
  };

  /** Takes an idle thread with credentials, or one without, as is asked, or starts one. */
  #threadWith(data: ThreadData, deployed: DeployedClass): HandlerThread {
    const idle = this.#idle.splice(0).filter(({ alive }) => alive);
    const found = idle.findLast((thread) => thread.data === data);
    const others = idle.filter((thread) => thread !== found);
    // One of the other kind makes room: the heaps of all threads have to fit into the memory of the class.
    if (found === undefined && others.length + this.#taken > deployed.threads) others.shift()?.terminate();
    this.#idle.push(...others);
    return found ?? new HandlerThread(this.#entry, threadHeapMb(deployed), data, this.#log);
  }

  /** Waits until one of `most` threads is free, and takes it. Throws the signal's reason when that aborts first. */
  async #turn(most: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#taken < most) {
      this.#taken++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const next = (): void => {
      this.#waiting.delete(next);
      resolve();
    };
    const abort = (): void => {
      // An attempt whose turn has just come takes it and gives it back.
      if (this.#waiting.delete(next)) reject(signal.reason);
    };
    signal.addEventListener('abort', abort);
    this.#waiting.add(next);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

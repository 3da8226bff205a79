/**
 * Takes the place of `cls-hooked` in the bundle of the X-Ray SDK (`lib/constructs/door-build.ts`): what that tells by hooks
 * on every asynchronous step of the process, Node's own AsyncLocalStorage knows for next to nothing. It has what the SDK
 * calls, and no more.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

type Context = Record<string, unknown>;

class Namespace {
  readonly #storage = new AsyncLocalStorage<Context>();
  /** Holds for whatever runs in no context of its own: the SDK enters one as it starts, for the segment of the invocation. */
  #outermost: Context | undefined;

  get active(): Context | undefined {
    return this.#storage.getStore() ?? this.#outermost;
  }

  get(key: string): unknown {
    return this.active?.[key];
  }

  /** Throws outside of a context, as `cls-hooked` does. */
  set<T>(key: string, value: T): T {
    if (this.active === undefined) throw new Error('there is no context to set anything in');
    this.active[key] = value;
    return value;
  }

  /** Returns a context that knows what the active one knows; what is set in it stays in it. */
  createContext(): Context {
    return { ...this.active };
  }

  enter(context: Context): void {
    this.#outermost = context;
  }

  run(work: (context: Context) => unknown): Context {
    const context = this.createContext();
    this.#storage.run(context, work, context);
    return context;
  }

  runAndReturn<T>(work: (context: Context) => T): T {
    const context = this.createContext();
    return this.#storage.run(context, work, context);
  }

  bind<Args extends unknown[], T>(work: (...args: Args) => T, context = this.createContext()): (...args: Args) => T {
    return (...args) => this.#storage.run(context, work, ...args);
  }
}

const namespaces = new Map<string, Namespace>();

export const getNamespace = (name: string): Namespace | undefined => namespaces.get(name);

export function createNamespace(name: string): Namespace {
  const namespace = new Namespace();
  namespaces.set(name, namespace);
  return namespace;
}

export const destroyNamespace = (name: string): boolean => namespaces.delete(name);

export const reset = (): void => namespaces.clear();

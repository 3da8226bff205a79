import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tracing } from '../../core/ports.ts';
import { packThrown, type Report, type Thrown, unpackThrown } from './thread-messages.ts';

/** Tells the executor of each call that a handler makes in a thread, as it begins and as it ends: the trace is not the thread's. */
export function tellCalls(report: (what: Report) => void): Tracing['call'] {
  let calls = 0;
  return async (name, work) => {
    const place = calls++;
    report({ call: { place, name } });
    try {
      const answer = await work();
      report({ called: { place } });
      return answer;
    } catch (error) {
      report({ called: { place, thrown: packThrown(error) } });
      throw error;
    }
  };
}

/** Records the calls that an attempt tells of in the segment that was under way when it began. */
export class ToldCalls {
  readonly #call: Tracing['call'];
  readonly #inAttempt = AsyncLocalStorage.snapshot();
  readonly #underWay = new Map<number, PromiseWithResolvers<void>>();

  constructor({ call }: Pick<Tracing, 'call'>) {
    this.#call = call;
  }

  begin({ place, name }: { readonly place: number; readonly name: string }): void {
    const ended = Promise.withResolvers<void>();
    this.#underWay.set(place, ended);
    // What the call throws is the handler's, in the thread.
    this.#inAttempt(() => this.#call(name, () => ended.promise)).catch(() => {});
  }

  end({ place, thrown }: { readonly place: number; readonly thrown?: Thrown }): void {
    const ended = this.#underWay.get(place);
    if (thrown === undefined) ended?.resolve();
    else ended?.reject(unpackThrown(thrown));
  }
}

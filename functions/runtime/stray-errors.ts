import { syncBuiltinESMExports } from 'node:module';
import type { Meter } from '../core/ports.ts';
import { describeThrown, fieldsOfThrown } from '../core/thrown.ts';
import { log } from './log.ts';

type Emit = (this: NodeJS.Process, event: string | symbol, ...values: unknown[]) => boolean;

/** What Node tells its process before it ends it, and what it tells first: a listener that threw there would end it, too. */
const ERRORS = new Set<string | symbol>(['uncaughtException', 'unhandledRejection']);
const MONITOR = 'uncaughtExceptionMonitor';

/**
 * Gives each error that nobody catches to `take`, which must not throw, and lets the process live. Nothing that is loaded later
 * changes that: such errors are taken before any listener, so it is of no use to add or to remove one, to put another `emit` in
 * the place of the process's, or to set a capture callback. To be called once, and `syncBuiltinESMExports` after it: who imports a
 * function of the process by name has the former one until then.
 */
export function catchStrayErrors(take: (thrown: unknown) => void): void {
  const guarded = (emit: Emit): Emit =>
    function (event, ...values) {
      if (event === MONITOR) return false;
      if (!ERRORS.has(event)) return emit.call(this, event, ...values);
      take(values[0]);
      return true;
    };
  let current = guarded(process.emit as Emit);
  Object.defineProperty(process, 'emit', {
    get: () => current,
    // A library that wraps what is there (source-map-support does) gets its turn for all other events.
    set: (emit: Emit) => {
      current = guarded(emit);
    },
  });
  // It would take the errors of all before anybody is told of them.
  process.setUncaughtExceptionCaptureCallback = () => {};
}

/**
 * Logs and counts the errors of a door that nobody catches. The code of a task type that it runs (a schema, a module) may leave
 * a promise behind, whose rejection would end the process, and with it the request of somebody else.
 */
export function surviveStrayErrors(door: string, meter: Meter): void {
  catchStrayErrors((thrown) => {
    log('error', 'error nobody caught', fieldsOfThrown(describeThrown(thrown)));
    meter.record(door, 'uncaught', 1);
  });
  syncBuiltinESMExports();
}

import { syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { once } from '../../core/concurrency.ts';
import type { Log, Meter } from '../../core/ports.ts';
import { describeThrown, fieldsOfThrown } from '../../core/thrown.ts';
import { catchStrayErrors } from '../../runtime/stray-errors.ts';
import { AttemptScope } from '../attempt/attempt-scope.ts';

/**
 * Keeps what one attempt does to its process, or its thread, from the others there: an error that nobody catches, a call that
 * would end the process, a line on the console. Async context tells whose each is. It is to be called once.
 */
export function guardProcess(log: Log, meter?: Meter): void {
  // The listeners of Lambda's runtime would end the process, and with it every task in hand.
  catchStrayErrors((thrown) => handleUncaught(thrown, log, meter));
  guardExits();
  guardConsole();
  // It takes as long as loading a small library, so that it is done once, for all that has changed.
  syncBuiltinESMExports();
}

function handleUncaught(thrown: unknown, log: Log, meter?: Meter): void {
  const error = fieldsOfThrown(describeThrown(thrown));
  const scope = AttemptScope.current();
  if (scope !== undefined) {
    scope.fail(thrown, error);
    return;
  }
  // An emitter or a pool that attempts share: whose error it is cannot be known, so none of them fails by it.
  log('error', 'error nobody caught', { ...error, in_hand: AttemptScope.begun.map(({ fields }) => fields) });
  meter?.record('executor', 'uncaught', 1);
}

/** Lets a handler end its own attempt and no process: that would end the attempts of others. */
function guardExits(): void {
  for (const name of ['exit', 'reallyExit', 'abort', 'kill', 'execve'] as const) {
    const original = process[name as 'exit'] as (...args: unknown[]) => never;
    const guarded = (...args: unknown[]): never => {
      const scope = AttemptScope.current();
      // A thread may be ended by the attempt that it makes: it ends nobody else's.
      const isItsOwn = name === 'kill' ? !endsThisProcess(args) : !isMainThread && scope?.isUnderWay;
      if (scope === undefined || isItsOwn) return original.apply(process, args);
      const error = new Error(
        `the handler called process.${name}(${args.join(', ')}), which ends nothing but its attempt`,
      );
      // The attempt ends at once, even if the handler catches what is thrown.
      scope.fail(error, fieldsOfThrown(describeThrown(error)));
      throw error;
    };
    Object.assign(process, { [name]: guarded });
  }
}

/** Returns whether a call of `process.kill` would end this process: a group, 0 or negative, may be its own. Signal 0 only asks. */
const endsThisProcess = ([pid, signal]: readonly unknown[]): boolean =>
  signal !== 0 && (Number(pid) === process.pid || !(Number(pid) > 0));

/** The methods of the console that write, or go with those that do. */
const CONSOLE_METHODS = {
  info: [
    ...(['debug', 'log', 'info', 'dir', 'dirxml', 'table', 'count', 'time', 'timeLog', 'timeEnd'] as const),
    ...(['group', 'groupCollapsed', 'groupEnd'] as const),
  ],
  warn: ['warn', 'assert', 'countReset'],
  error: ['error', 'trace'],
} as const;

type Write = (...values: unknown[]) => void;

/** Lets a line of a handler, or of a library that it calls, carry its task's id as those of `ctx.log` do. */
function guardConsole(): void {
  const { console } = globalThis;
  const { Console } = console;
  let written = '';
  // It holds what the console would write, at once and without the indentation of a group: that would be of all attempts.
  const inMemory = once(() => {
    const stream = new Writable({
      write: (text, _encoding, done) => {
        written += text;
        done();
      },
    });
    return new Console({ stdout: stream, stderr: stream, groupIndentation: 0 });
  });
  for (const level of ['info', 'warn', 'error'] as const) {
    for (const name of CONSOLE_METHODS[level]) {
      const usual = console[name].bind(console) as Write;
      const captured: Write = (...values) => Reflect.apply(inMemory()[name], inMemory(), values);
      const guarded: Write = (...values) => {
        const scope = AttemptScope.current();
        if (scope === undefined) return usual(...values);
        written = '';
        captured(...values);
        if (written !== '') scope.log(level, written.replace(/\n$/, ''));
      };
      Object.assign(console, { [name]: guarded });
    }
  }
}

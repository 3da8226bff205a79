import { EventEmitter } from 'node:events';
import process, { exit } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchContext, type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';

type Context = TaskContext | BatchContext;

/** This is longer than any test waits: what fails only when it is over has not failed at once. */
const LONG_MILLISECONDS = 60_000;

/** Waits for an end from elsewhere, as a handler does that is at work. */
const atWork = (): Promise<null> => sleep(LONG_MILLISECONDS, null, { ref: true });

const throws = (): never => {
  throw new Error('boom');
};

/** Makes an object that throws whatever is asked of it. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const ERROR_EVENTS = ['uncaughtException', 'unhandledRejection'];

/** A handler may do these things beside its own promise; each has `boom` in what it should fail with. */
const MISBEHAVIOURS: Readonly<Record<string, (ctx: Context) => Promise<unknown>>> = {
  'rejects unawaited': async () => {
    void Promise.reject(new Error('boom'));
    return atWork();
  },
  'rejects unawaited, and returns': async () => {
    void (async () => throws())();
    return null;
  },
  'fails unawaited': async (ctx) => {
    void (async () => ctx.fail('boom', 'boom'))();
    return atWork();
  },
  'calls out unawaited': async (ctx) => {
    void ctx.http.request('http://boom.invalid/');
    return atWork();
  },
  'throws in a timer': async () => {
    setTimeout(throws, 10);
    return atWork();
  },
  'throws in a microtask': async () => {
    queueMicrotask(throws);
    return atWork();
  },
  'throws in an immediate': async () => {
    setImmediate(throws);
    return atWork();
  },
  'has an emitter whose error nobody hears': async () => {
    setTimeout(() => new EventEmitter().emit('error', new Error('boom')), 10);
    return atWork();
  },
  'throws in an abort listener': async () => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', throws);
    setTimeout(() => controller.abort(), 10);
    return atWork();
  },
  'throws null in a timer': async () => {
    setTimeout(() => {
      throw Object.assign(Object.create(null), { boom: 'boom' });
    }, 10);
    return atWork();
  },
  'throws what cannot be read in a timer': async () => {
    setTimeout(() => {
      throw new Proxy(new Error('boom'), { get: throws, getPrototypeOf: throws });
    }, 10);
    return atWork();
  },
  'rejects unawaited with what cannot be read': async () => {
    void Promise.reject(revoked());
    return atWork();
  },
  'throws in a timer, because of what cannot be read': async () => {
    setTimeout(() => {
      throw new Error('boom', { cause: revoked() });
    }, 10);
    return atWork();
  },
  'ends the process': async () => process.exit(3),
  'ends the process by an import': async () => exit(3),
  'ends the process in a timer': async () => {
    setTimeout(() => process.exit(3), 10);
    return atWork();
  },
  'ends the process and catches all': async () => {
    try {
      process.exit(3);
    } catch {}
    return atWork();
  },
  'aborts the process': async () => process.abort(),
  'kills the process': async () => process.kill(process.pid, 'SIGKILL'),
  'kills the group': async () => process.kill(0),
  'replaces the process': async () => process.execve?.('/bin/false', ['boom']),
  'removes what hears errors, and rejects unawaited': async () => {
    for (const event of ERROR_EVENTS) process.removeAllListeners(event);
    void Promise.reject(new Error('boom'));
    return atWork();
  },
  'removes what hears anything, and throws in a timer': async () => {
    process.removeAllListeners();
    setTimeout(throws, 10);
    return atWork();
  },
  'ends the process on errors, and rejects unawaited': async () => {
    for (const event of ERROR_EVENTS) process.removeAllListeners(event).once(event as 'exit', () => process.exit(3));
    void Promise.reject(new Error('boom'));
    return atWork();
  },
  'hears errors before all others and throws': async () => {
    const throwsAlso = () => {
      throw new Error('not that');
    };
    const emitter: EventEmitter = process;
    for (const event of [...ERROR_EVENTS, 'uncaughtExceptionMonitor']) emitter.prependListener(event, throwsAlso);
    setTimeout(throws, 10);
    return atWork();
  },
  'captures what nobody catches': async () => {
    process.setUncaughtExceptionCaptureCallback(null);
    process.setUncaughtExceptionCaptureCallback(() => {});
    setTimeout(throws, 10);
    return atWork();
  },
  'wraps what tells errors': async () => {
    const { emit }: EventEmitter = process;
    const deaf = (...args: [string]) => !ERROR_EVENTS.includes(args[0]) && emit.apply(process, args);
    Object.assign(process, { emit: deaf });
    void Promise.reject(new Error('boom'));
    return atWork();
  },
  'maps with a limit of NaN': (ctx) => ctx.map([1, 2, 3], async (item) => item, Number('boom')),
  'maps with a limit of 0': (ctx) => ctx.map([1, 2, 3], async (item) => item, 0),
  'maps a set': (ctx) => ctx.map(new Set([1]) as never, async (item) => item),
  'fails with no options': async (ctx) => ctx.fail('boom', 'boom', null as never),
  'fails with an error for a message': async (ctx) => ctx.fail('failed', new Error('boom') as never),
  'fails with data for a message': async (ctx) => ctx.fail('failed', { reason: 'boom' } as never),
  'fails with no code': async (ctx) => ctx.fail(undefined as never, 'boom'),
  'fails with a number for a code': async (ctx) => ctx.fail(404 as never, 'boom'),
  'fails, to be tried after NaN seconds': async (ctx) =>
    ctx.fail('boom', 'boom', { retryable: true, retryAfterSeconds: Number.NaN }),
  'throws an error whose message throws': async () => {
    throw Object.defineProperty(new Error('x'), 'message', { get: throws });
  },
  'throws an error whose stack throws': async () => {
    throw Object.defineProperty(new Error('boom'), 'stack', { get: throws });
  },
  'throws what throws whatever is asked of it': async () => {
    throw new Proxy(new Error('boom'), { get: throws, getPrototypeOf: throws });
  },
  'throws a failure whose code throws': async () => {
    throw Object.defineProperty(new TaskFailure('boom', 'boom'), 'code', { get: throws });
  },
};

/** Returns the names of those for whose message a test looks. */
export const namesOfMisbehaviours = (): string[] => Object.keys(MISBEHAVIOURS);

export const misbehave = (name: unknown, ctx: Context): Promise<JsonValue> => {
  const behaviour = MISBEHAVIOURS[String(name)];
  if (behaviour === undefined) throw new TypeError(`there is no misbehaviour ${String(name)}`);
  return behaviour(ctx) as Promise<JsonValue>;
};

import { describe, expect, it } from 'vitest';
import { TaskFailure } from '../../../functions/core/define-task.ts';
import { describeThrown, loggedValueOf, messageOfThrown, thrownOf } from '../../../functions/core/thrown.ts';

class PaymentError extends Error {
  readonly code = 'E_PAYMENT';
}
const refused = (cause?: unknown) =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9', { cause }), { code: 'ECONNREFUSED' });
const bad = () => {
  throw new Error('gotcha');
};
const inCircle = new Error('one');
inCircle.cause = new Error('two', { cause: inCircle });
const suppressed = Object.assign(new Error('An error was suppressed during disposal.'), {
  name: 'SuppressedError',
  error: new Error('second'),
  suppressed: new Error('first'),
});

function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const THROWN: readonly [string, unknown, string][] = [
  ['an Error', new Error('it went wrong'), 'it went wrong'],
  ['an error of a class', new RangeError('too far'), 'RangeError: too far'],
  ['an error with a code of its own', new PaymentError('no money'), 'PaymentError: no money (E_PAYMENT)'],
  ['an error whose text has its code', refused(), 'connect ECONNREFUSED 127.0.0.1:9'],
  ['an error with a number for a code', Object.assign(new Error('call failed'), { code: 14 }), 'call failed (14)'],
  ['a DOMException', new DOMException('timed out', 'TimeoutError'), 'TimeoutError: timed out'],
  ['an Error without a message', new Error(), 'Error with no message'],
  ['an error of a class without a message', new PaymentError(), 'PaymentError with no message (E_PAYMENT)'],
  ['text', 'it went wrong', 'it went wrong'],
  ['an empty text', '', 'an empty text was thrown'],
  ['what throws whatever is asked of it', unreadable(), 'what was thrown cannot be read'],
  ['an error whose cause is such', new Error('a', { cause: unreadable() }), 'a; cause: what was thrown cannot be read'],
  ['an error whose parts are such', Object.assign(new Error('a'), { errors: unreadable() }), 'a'],
  [
    'an error of several, one of them such',
    new AggregateError([unreadable(), 'b'], 'a'),
    'AggregateError: a; errors: what was thrown cannot be read / b',
  ],
  ['undefined', undefined, 'undefined was thrown'],
  ['null', null, 'null was thrown'],
  ['an object', { code: 'E_X', message: 'inner' }, 'inner (E_X)'],
  ['an object with a number for a code', { code: 7, message: 'inner' }, 'inner (7)'],
  ['an object without a message', { reason: 'none', at: 3 }, '{"reason":"none","at":3}'],
  ['an object that says what it is', { toString: () => 'a thing' }, 'a thing'],
  [
    'an object with a circle',
    Object.assign({ message: '' }, { self: inCircle }),
    expect.stringContaining('"message":"one"') as never,
  ],
  ['a list', [1, 'a'], '[1,"a"]'],
  ['nothing but a class', new Map([[1, 2]]), 'a Map was thrown'],
  ['an answer', new Response('x'), 'a Response was thrown'],
  ['a function', bad, 'a function was thrown'],
  [
    'a cause',
    new TypeError('fetch failed', { cause: refused() }),
    'TypeError: fetch failed; cause: connect ECONNREFUSED 127.0.0.1:9',
  ],
  ['a cause that is text', new Error('failed', { cause: 'no disk' }), 'failed; cause: no disk'],
  [
    'a cause that is an object',
    new Error('failed', { cause: { code: 'E_DISK', free: 0 } }),
    'failed; cause: {"code":"E_DISK","free":0}',
  ],
  [
    'a chain',
    new Error('a', { cause: new Error('b', { cause: refused('c') }) }),
    'a; cause: b; cause: connect ECONNREFUSED 127.0.0.1:9; cause: c',
  ],
  ['causes in a circle', inCircle, 'one; cause: two'],
  [
    'several',
    new AggregateError([new Error('x'), 'y', refused()], 'All promises were rejected'),
    'AggregateError: All promises were rejected; errors: x / y / connect ECONNREFUSED 127.0.0.1:9',
  ],
  ['several without a message', new AggregateError([new Error('x')]), 'AggregateError with no message; errors: x'],
  [
    'one that suppressed another',
    suppressed,
    'SuppressedError: An error was suppressed during disposal.; errors: second / first',
  ],
  [
    'an error whose message is no text',
    Object.assign(new Error('x'), { message: { nested: true } }),
    '{"nested":true}',
  ],
  ['an object whose text throws', { toString: bad, valueOf: bad, toJSON: bad }, 'an Object was thrown'],
  [
    'an error whose parts throw',
    Object.defineProperties(new Error('x'), {
      message: { get: bad },
      stack: { get: bad },
      cause: { get: bad },
      code: { get: bad },
    }),
    'Error with no message',
  ],
];

describe('what a handler throws', () => {
  it.each(THROWN)('is told where it is %s', (_, thrown, message) => {
    expect(messageOfThrown(describeThrown(thrown))).toEqual(message);
  });

  it.each(THROWN)('is data that can leave its thread, and reads the same after it, where it is %s', (_, thrown) => {
    const described = describeThrown(thrown);
    expect(structuredClone(described)).toEqual(described);
    expect(describeThrown(thrownOf(structuredClone(described)))).toEqual(described);
  });

  it('is still of its class in another thread, where that has the class', () => {
    expect(thrownOf(describeThrown(new RangeError('x', { cause: 'y' })))).toBeInstanceOf(RangeError);
    expect(thrownOf(describeThrown(new PaymentError('x')))).toMatchObject({ name: 'PaymentError', code: 'E_PAYMENT' });
  });

  it('is told with the stacks of all, and stays of a size whatever it holds', () => {
    const described = describeThrown(new Error('a', { cause: new AggregateError([new Error('b')]) }));
    expect(described.stack).toContain('thrown.test.ts');
    expect(described.cause?.errors?.[0]?.stack).toContain('thrown.test.ts');
    let chain: Error = new Error('x'.repeat(100_000));
    for (let depth = 0; depth < 10_000; depth++)
      chain = new AggregateError([chain, chain, new Error('y'.repeat(100_000))]);
    expect(JSON.stringify(describeThrown(chain)).length).toBeLessThan(200_000);
  });
});

describe('a value for the log', () => {
  it('is shown whatever it is', () => {
    const fields = { n: Number.NaN, id: 10n, m: new Map(), f: bad, l: [undefined, 1], x: undefined };
    expect(loggedValueOf(fields)).toEqual({
      n: '[NaN]',
      id: '[a bigint]',
      m: '[a Map]',
      f: '[a function]',
      l: ['[undefined]', 1],
    });
    expect(loggedValueOf(undefined)).toBe(null);
    expect(loggedValueOf({ a: { toJSON: bad } })).toEqual({ a: '[something that cannot be read]' });
    expect(JSON.stringify(loggedValueOf(inCircle)).length).toBeLessThan(20_000);
  });

  it('tells of errors what is known of them', () => {
    expect(loggedValueOf({ error: new TaskFailure('no_luck', 'it did not work') })).toMatchObject({
      error: { class: 'TaskFailure', code: 'no_luck', message: 'it did not work', stack: expect.any(String) },
    });
  });

  it('ends, however long it is', () => {
    expect(JSON.stringify(loggedValueOf(new Array(4_000_000_000))).length).toBeLessThan(2_000_000);
    expect(JSON.stringify(loggedValueOf('x'.repeat(5_000_000))).length).toBeLessThan(200_000);
  });
});

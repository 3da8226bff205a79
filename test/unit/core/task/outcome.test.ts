import { describe, expect, it } from 'vitest';
import { TaskFailure } from '../../../../functions/core/define-task.ts';
import { failed, outcomeOfThrown } from '../../../../functions/core/task/outcome.ts';

const handlerError = (message: string) => ({
  kind: 'failed',
  error: { code: 'handler_error', message, retryable: true },
});

describe('what a handler throws', () => {
  it.each<[string, unknown, string]>([
    ['an Error', new Error('it went wrong'), 'it went wrong'],
    ['an Error without a message', new RangeError(), 'RangeError with no message'],
    ['text', 'it went wrong', 'it went wrong'],
    ['a number', 7, '7'],
    ['undefined', undefined, 'undefined was thrown'],
    ['null', null, 'null was thrown'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object', { message: 'not an error' }, 'not an error'],
    ['an object without a prototype', Object.create(null), 'an object was thrown'],
    ['an error with a cause', new Error('boom', { cause: new Error('deep') }), 'boom; cause: deep'],
  ])('is a retryable handler_error where it is %s', (_, thrown, message) => {
    expect(outcomeOfThrown(thrown)).toEqual(handlerError(message));
  });

  it.each([
    new Error('boom'),
    new TaskFailure('code', 'boom'),
    Object.assign(new Error('boom'), { cause: new Error('deep') }),
  ])('never shows its stack: %s', (thrown) => {
    const text = JSON.stringify(outcomeOfThrown(thrown));
    expect(text).not.toContain('outcome.test.ts');
    expect(text).toContain('boom');
  });

  it.each([
    [{}, { retryable: false }, {}],
    [{ retryable: true }, { retryable: true }, {}],
    [{ retryable: true, retryAfterSeconds: 7 }, { retryable: true }, { retryAfterSeconds: 7 }],
    [{ retryAfterSeconds: 0 }, { retryable: false }, { retryAfterSeconds: 0 }],
    [{ retryAfterSeconds: Number.NaN }, { retryable: false }, {}],
    [{ retryAfterSeconds: -1 }, { retryable: false }, {}],
    [{ retryAfterSeconds: Number.POSITIVE_INFINITY }, { retryable: false }, {}],
    [{ retryAfterSeconds: '7' as never }, { retryable: false }, {}],
  ])('is what a TaskFailure of %o says', (options, error, more) => {
    const thrown = new TaskFailure('no_such_user', 'Ada is unknown', options);
    expect(outcomeOfThrown(thrown)).toEqual({
      kind: 'failed',
      error: { code: 'no_such_user', message: 'Ada is unknown', ...error },
      ...more,
    });
  });
});

describe('the code of a failure', () => {
  it.each(['no_luck', 'http_404', 'E_FULL', 'card-declined', 'stripe.card:declined', 'x'.repeat(64)])(
    'is kept: %s',
    (code) => {
      expect(outcomeOfThrown(new TaskFailure(code, 'boom'))).toMatchObject({ error: { code, message: 'boom' } });
    },
  );

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [404, '404'],
    [null, 'object'],
    ['', '""'],
    ['Weird Code!', '"Weird Code!"'],
    ['two\nlines', '"two\\nlines"'],
    ['x'.repeat(65), `"${'x'.repeat(65)}"`],
    [Symbol('s'), 'symbol'],
  ])('that is none (%s) is refused, and the message still tells what went wrong', (code, shown) => {
    const { error } = outcomeOfThrown(new TaskFailure(code as never, 'boom')) as { error: object };
    expect(error).toMatchObject({ code: 'invalid_code', retryable: false });
    expect(error).toMatchObject({
      message: `boom (a code is up to 64 letters, digits, _ . : and -, such as card_declined; ${shown} is none)`,
    });
  });

  it.each([undefined, null, 7, Symbol('s'), { toString: () => Promise.reject }])(
    'is kept where the message is no text',
    (message) => {
      expect(outcomeOfThrown(new TaskFailure('no_luck', message as never))).toMatchObject({
        error: { code: 'no_luck' },
      });
    },
  );
});

describe('the message of a failure', () => {
  it.each<[unknown, string]>([
    [new RangeError('too far'), 'RangeError: too far'],
    [{ reason: 'no luck' }, '{"reason":"no luck"}'],
    [['a', 1], '["a",1]'],
    [7, '7'],
  ])('tells what it was given in place of a text', (given, message) => {
    expect(outcomeOfThrown(new TaskFailure('no_luck', given as never))).toMatchObject({ error: { message } });
  });

  it.each([null, undefined, 5, { retryable: null }])('needs no options (%j)', (options) => {
    const { error } = outcomeOfThrown(new TaskFailure('no_luck', 'boom', options as never)) as { error: object };
    expect(error).toEqual({ code: 'no_luck', message: 'boom', retryable: false });
  });

  it.each([
    [0, 0],
    [1999, 1999],
    [2000, 2000],
    [2001, 2000],
    [100_000, 2000],
  ])('of %i characters keeps %i', (length, kept) => {
    const outcome = failed('code', 'x'.repeat(length), true);
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.error.message).toHaveLength(kept);
    expect(outcome.error.message.endsWith('…')).toBe(length > kept);
  });

  it('is cut between characters', () => {
    const outcome = failed('code', '🚂'.repeat(2000), true);
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.error.message.isWellFormed()).toBe(true);
  });
});

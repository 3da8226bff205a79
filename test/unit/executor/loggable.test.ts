import { expect, it } from 'vitest';
import { loggable } from '../../../functions/executor/telemetry.ts';

const bad = () => {
  throw new Error('gotcha');
};

it.each([
  ['text', 'text'],
  [7n, '7'],
  [null, 'null'],
  [Symbol('s'), 'Symbol(s)'],
  [{ a: 1n }, '{"a":"[a bigint]"}'],
  [() => {}, '"[a function]"'],
  [new Proxy(() => {}, { get: bad }), '"[a function]"'],
  [new Proxy({}, { get: bad, getPrototypeOf: bad, ownKeys: bad }), '"[something that cannot be read]"'],
])('a line is written whatever its message is', (message, text) => {
  expect(loggable(message)).toEqual([text]);
});

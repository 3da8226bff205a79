import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import {
  createNamespace,
  destroyNamespace,
  getNamespace,
  reset,
} from '../../../../functions/runtime/tracing/async-context.ts';

beforeEach(reset);

test('what is set in a context is known to all that it begins, and to nobody beside it', async () => {
  const namespace = createNamespace('test');
  const seen = ['a', 'b'].map((value) =>
    namespace.runAndReturn(async () => {
      namespace.set('segment', value);
      await sleep(1);
      return Promise.all([sleep(1).then(() => namespace.get('segment')), namespace.get('segment')]);
    }),
  );
  expect(await Promise.all(seen)).toEqual([
    ['a', 'a'],
    ['b', 'b'],
  ]);
  expect(namespace.get('segment')).toBeUndefined();
});

test('a context begins with what is known around it, and keeps what is set in it', () => {
  const namespace = createNamespace('test');
  namespace.run(() => {
    namespace.set('segment', 'outer');
    namespace.run(() => {
      expect(namespace.get('segment')).toBe('outer');
      namespace.set('segment', 'inner');
    });
    expect(namespace.get('segment')).toBe('outer');
  });
});

test('what is bound runs in the context that it was bound in', () => {
  const namespace = createNamespace('test');
  const bound = namespace.runAndReturn(() => {
    namespace.set('segment', 'there');
    return namespace.bind((more: string) => `${namespace.get('segment')} ${more}`);
  });
  expect(bound('and here')).toBe('there and here');
});

test('what runs in no context of its own is in the one that was entered, whenever it begins', async () => {
  const namespace = createNamespace('test');
  expect(() => namespace.set('segment', 1)).toThrow('there is no context');
  await sleep(1).then(() => namespace.enter(namespace.createContext()));
  namespace.set('segment', 'of the invocation');
  await sleep(1);
  expect(namespace.get('segment')).toBe('of the invocation');
});

test('namespaces are found by name, until they are gone', () => {
  const namespace = createNamespace('test');
  expect(getNamespace('test')).toBe(namespace);
  expect(destroyNamespace('test')).toBe(true);
  expect(getNamespace('test')).toBeUndefined();
});

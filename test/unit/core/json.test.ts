import { describe, expect, it } from 'vitest';
import { JsonRefusal, jsonValueOf } from '../../../functions/core/json.ts';
import { outputOf } from '../../../functions/core/task/outcome.ts';
import { greet } from '../../doubles/task-definitions.ts';

class Own {
  readonly a = 1;
  toJSON(): this {
    return this;
  }
}
class Invoice {
  readonly total = 3;
  readonly note = undefined;
  print(): string {
    return `${this.total}`;
  }
}
class Priced extends Invoice {
  get tax(): number {
    return 1;
  }
}
class Empty {
  readonly #secret = 1;
  reveal = undefined;
  constructor() {
    Reflect.deleteProperty(this, 'reveal');
    void this.#secret;
  }
}
const circle: { self?: unknown } = {};
circle.self = circle;
const sparse = [1, 2, 3];
delete sparse[1];
const named = Object.assign([1], { total: 1 });
const raised = () => {
  throw new Error('no JSON');
};
const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('JSON carries', () => {
  it.each<[string, unknown, unknown]>([
    ['text, half of a surrogate pair too', 'a\ud800\u0000', 'a\ud800\u0000'],
    ['numbers', [0, -1.5, 5e-324, 2 ** 60, 1e308], [0, -1.5, 5e-324, 2 ** 60, 1e308]],
    ['nothing at all as null', undefined, null],
    ['null, true and false', [null, true, false], [null, true, false]],
    ['objects without their undefined members', { a: undefined, b: { c: undefined } }, { b: {} }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['a member that is called __proto__', JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 1}}')],
    ['a date as its text', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['what says itself how', { url: new URL('http://a/b') }, { url: 'http://a/b' }],
    ['what says that it is itself', new Own(), { a: 1 }],
    ['boxed values', [Object(1), Object('a'), Object(false)], [1, 'a', false]],
    ['the fields of an instance', new Invoice(), { total: 3 }],
    ['the same object twice', Array(2).fill({ a: 1 }), [{ a: 1 }, { a: 1 }]],
    ['what a getter computes', Object.defineProperty({}, 'a', { enumerable: true, get: () => 1 }), { a: 1 }],
  ])('%s', (_, value, carried) => {
    expect(jsonValueOf(value)).toEqual(carried);
    expect(JSON.parse(JSON.stringify(jsonValueOf(value)))).toEqual(jsonValueOf(value));
  });

  it('what a value was, whatever becomes of it', () => {
    const value = { list: [1] };
    const carried = jsonValueOf(value);
    value.list.push(2);
    expect(carried).toEqual({ list: [1] });
  });

  it('5,000 levels of none, and 500 of any', () => {
    expect(jsonValueOf(deep(500))).toEqual(deep(500));
    expect(() => jsonValueOf(deep(501))).toThrow(/more than 500 levels/);
    expect(() => jsonValueOf(deep(5_000))).toThrow(JsonRefusal);
  });
});

describe('JSON would lose or change, and its place is told:', () => {
  it.each<[string, unknown, RegExp]>([
    ['a Map', { a: [new Map([['a', 1]])] }, /^a Map at \/a\/0: .*Object\.fromEntries/],
    ['a Map at the top', new Map(), /^a Map: /],
    ['a Set', { s: new Set([1]) }, /^a Set at \/s: .*\[\.\.\.set\]/],
    ['a WeakMap', { s: new WeakMap() }, /^a WeakMap at \/s/],
    ['NaN', { n: Number.NaN }, /^NaN at \/n: .*null/],
    ['Infinity', [[Number.NEGATIVE_INFINITY]], /^-Infinity at \/0\/0/],
    ['a boxed NaN', { n: Object(Number.NaN) }, /^NaN at \/n/],
    ['a function', { f: () => 1 }, /^a function at \/f/],
    ['a symbol', { s: Symbol('s') }, /^a symbol at \/s/],
    ['a name that is a symbol', { a: { [Symbol('s')]: 1 } }, /^the member Symbol\(s\) of an object at \/a/],
    ['undefined in a list', { l: [1, undefined] }, /^undefined at \/l\/1/],
    ['a gap in a list', { l: sparse }, /^a gap at \/l\/1/],
    ['a long list of gaps', new Array(4_000_000_000), /^a gap at \/0/],
    ['a member of a list', { l: named }, /^the member "total" of a list at \/l/],
    ['a match', 'ab'.match(/(?<x>a)/), /of a list: /],
    ['bytes', { b: new Uint8Array(2) }, /^bytes \(a Uint8Array\) at \/b: .*base64/],
    ['a Buffer', { b: Buffer.from('a') }, /^bytes \(a Buffer\) at \/b/],
    ['an ArrayBuffer', { b: new ArrayBuffer(1) }, /^bytes \(an ArrayBuffer\) at \/b/],
    ['an invalid date', { at: new Date(Number.NaN) }, /^an invalid date at \/at/],
    ['a bigint', { id: 10n }, /^a bigint at \/id: .*String\(value\)/],
    ['a boxed bigint', { id: Object(10n) }, /^a BigInt at \/id/],
    ['an Error', { e: new RangeError('x') }, /^a RangeError at \/e/],
    ['a promise', { p: Promise.resolve(1) }, /^a Promise at \/p: .*await/],
    ['a regular expression', { r: /x/ }, /^a RegExp at \/r/],
    ['headers', { h: new Headers({ a: 'b' }) }, /^a Headers at \/h/],
    ['an iterator', { i: [1].values() }, /at \/i/],
    ['an instance with a getter', { i: new Priced() }, /^a Priced at \/i: .*"tax"/],
    ['an instance without a field', { i: new Empty() }, /^an Empty at \/i/],
    ['a circle', circle, /^more than 500 levels at \/self\/self/],
    ['a toJSON that throws', { a: { toJSON: () => raised() } }, /^something that cannot be read at \/a: /],
    ['a toJSON of nothing', { a: { toJSON: () => undefined } }, /^an Object at \/a: its toJSON/],
    [
      'a getter that throws',
      {
        a: {
          get b() {
            throw new Error('no b');
          },
        },
      },
      /^something that cannot be read at \/a: reading it throws: no b/,
    ],
    ['a proxy that is revoked', { p: revoked() }, /^something that cannot be read at \/p/],
    ['names with slashes', { 'a/b': { '~': Number.NaN } }, /^NaN at \/a~1b\/~0/],
    ['what would be written without an end', doubled(60), /^more at /],
  ])('%s', async (_, value, told) => {
    expect(() => jsonValueOf(value)).toThrow(told);
    await expect(outputOf(value, greet)).rejects.toThrow(/^greet returned /);
  });

  it('what is too large is told apart', async () => {
    for (const large of ['x'.repeat(3_000_000), 'x'.repeat(30_000_000), doubled(60)]) {
      await expect(outputOf(large, greet)).rejects.toMatchObject({ code: 'output_too_large' });
    }
    const refused = { code: 'invalid_output', retryable: false };
    await expect(outputOf([Number.NaN], greet)).rejects.toMatchObject(refused);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Makes so many levels, each of which has the one below it twice. */
function doubled(levels: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
}

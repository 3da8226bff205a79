/**
 * Handlers return these in life, and JSON does not carry them, or carries them in another form; each is under the name
 * of its kind.
 */
export const ODD_OUTPUTS: Readonly<Record<string, () => unknown>> = {
  map: () => ({ rows: [new Map([['a', 1]])] }),
  set: () => new Set([1]),
  'not a number': () => ({ total: Number.NaN }),
  infinite: () => [Number.POSITIVE_INFINITY],
  method: () => ({ total: 1, print: () => 'x' }),
  symbol: () => ({ kind: Symbol('a') }),
  gap: () => [1, undefined, 3],
  bytes: () => ({ image: Buffer.from('a') }),
  'typed array': () => ({ samples: new Float32Array(2) }),
  'invalid date': () => ({ at: new Date(Number.NaN) }),
  bigint: () => ({ id: 10n }),
  circle: () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    return circle;
  },
  'throwing toJSON': () => ({
    a: {
      toJSON: () => {
        throw new Error('no JSON');
      },
    },
  }),
  error: () => ({ problem: new RangeError('x') }),
  promise: () => ({ later: Promise.resolve(1) }),
  date: () => ({ at: new Date(0), left: undefined }),
  instance: () =>
    new (class Point {
      readonly x = 1;
    })(),
  nothing: () => undefined,
  boxed: () => [Object('a'), Object(1)],
  halves: () => '\ud800',
};

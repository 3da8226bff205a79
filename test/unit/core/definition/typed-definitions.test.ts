import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import {
  DEFAULT_RETRY,
  defineTask,
  type FanOut,
  type InputOf,
  type JsonValue,
  type OutputOf,
  type SubtaskResult,
  subtask,
  type TaskCatalog,
} from '../../../../entries/index.ts';

const base = {
  description: '',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: DEFAULT_RETRY,
  input: z.strictObject({ n: z.number().default(1) }),
} as const;

interface Invoice {
  id: string;
  note?: string;
  issued: Date;
  lines: { text: string; of?: Invoice }[];
}
declare const invoice: Invoice;

const renderInvoice = defineTask({ ...base, type: 'invoice.render', run: async () => invoice });
const known = z.object({
  status: z.enum(['sent', 'refused']),
  tries: z.number().default(1),
  tags: z.array(z.string()),
});

// What is declared in these tests is for the compiler, which `npm run lint` runs: none of it is called.
describe('a handler may return', () => {
  it('a value of an interface, whose dates are kept as text', () => {
    expectTypeOf<OutputOf<typeof renderInvoice>['id']>().toEqualTypeOf<string>();
    expectTypeOf<OutputOf<typeof renderInvoice>['issued']>().toEqualTypeOf<string>();
    expectTypeOf<{ id: string; issued: string; lines: [] }>().toExtend<OutputOf<typeof renderInvoice>>();
  });

  it('optional fields, which may be missing of what is kept', () => {
    const maybe = defineTask({ ...base, type: 'maybe', run: async ({ n }) => ({ a: n > 1 ? 'a' : undefined, b: n }) });
    expectTypeOf<OutputOf<typeof maybe>>().toEqualTypeOf<{ readonly a?: 'a'; readonly b: number }>();
  });

  it('nothing at all, which is null', () => {
    const silent = defineTask({ ...base, type: 'silent', async run() {} });
    expectTypeOf<OutputOf<typeof silent>>().toEqualTypeOf<null>();
    const both = defineTask({ ...base, type: 'both', run: async ({ n }) => (n > 1 ? n : undefined) });
    expectTypeOf<OutputOf<typeof both>>().toEqualTypeOf<number | null>();
  });

  it('what is not known, such as the JSON of an answer', () => {
    const fetched = defineTask({
      ...base,
      type: 'fetched',
      run: async (_, ctx) => (await ctx.http.request('https://example.com')).body.json(),
    });
    expectTypeOf<OutputOf<typeof fetched>>().toEqualTypeOf<JsonValue>();
    const any = defineTask({ ...base, type: 'any', run: async () => JSON.parse('1') });
    expectTypeOf<OutputOf<typeof any>>().toEqualTypeOf<JsonValue>();
    const json = defineTask({ ...base, type: 'json', run: async () => 1 as JsonValue });
    expectTypeOf<OutputOf<typeof json>>().toEqualTypeOf<JsonValue>();
  });

  it('one of several, in a batch an error too', () => {
    const several = defineTask({ ...base, type: 'several', run: async ({ n }) => (n > 1 ? n : { b: [n] }) });
    expectTypeOf<OutputOf<typeof several>>().toEqualTypeOf<number | { readonly b: readonly [number] }>();
    const batch = { maxSize: 10, windowSeconds: 1 };
    const bulk = defineTask({
      ...base,
      type: 'bulk',
      batch,
      run: async (items) => items.map(({ input }) => (input.n > 1 ? new Error('too many') : { n: input.n })),
    });
    expectTypeOf<OutputOf<typeof bulk>>().toEqualTypeOf<{ n: number }>();
  });

  it('the fields of an instance of a class', () => {
    class Point {
      x = 1;
      norm(): number {
        return Math.abs(this.x);
      }
    }
    const point = defineTask({ ...base, type: 'point', run: async () => ({ ...new Point() }) });
    expectTypeOf<OutputOf<typeof point>>().toEqualTypeOf<{ x: number }>();
    // @ts-expect-error its method would be lost
    defineTask({ ...base, type: 'instance', run: async () => new Point() });
  });

  it('a value itself, as one that is not async does', () => {
    const plain = defineTask({ ...base, type: 'plain', run: ({ n }) => ({ n, list: [n] }) });
    expectTypeOf<OutputOf<typeof plain>>().toEqualTypeOf<{ readonly n: number; readonly list: readonly [number] }>();
    const nothing = defineTask({ ...base, type: 'nothing', run: () => {} });
    expectTypeOf<OutputOf<typeof nothing>>().toEqualTypeOf<null>();
    const given = defineTask({ ...base, type: 'given', output: z.object({ n: z.number() }), run: ({ n }) => ({ n }) });
    expectTypeOf<OutputOf<typeof given>>().toEqualTypeOf<{ n: number }>();
    const batch = { maxSize: 10, windowSeconds: 1 };
    const bulk = defineTask({ ...base, type: 'bulk', batch, run: (items) => items.map(({ input }) => input.n) });
    expectTypeOf<OutputOf<typeof bulk>>().toEqualTypeOf<number>();
    const parts = defineTask({
      ...base,
      type: 'parts',
      run: (_, ctx) => ctx.fanOut([subtask(plain, { n: 1 })]),
      fanOut: {
        onFailure: 'fail',
        combine: ([first]) => (first?.status === 'succeeded' ? first.output.n : 0),
      },
    });
    expectTypeOf<OutputOf<typeof parts>>().toEqualTypeOf<number>();
  });

  it('what says itself what JSON keeps of it', () => {
    const now = defineTask({ ...base, type: 'now', run: async () => new Date() });
    expectTypeOf<OutputOf<typeof now>>().toEqualTypeOf<string>();
    const link = defineTask({ ...base, type: 'link', run: ({ n }) => (n > 1 ? new URL('https://example.com') : null) });
    expectTypeOf<OutputOf<typeof link>>().toEqualTypeOf<string | null>();
    // @ts-expect-error what it says is a bigint
    defineTask({ ...base, type: 'big', run: async () => ({ toJSON: () => 1n }) });
  });

  it('nothing that JSON would lose', () => {
    // @ts-expect-error a Map has no members of its own
    defineTask({ ...base, type: 'map', run: async () => ({ counts: new Map([['a', 1]]) }) });
    // @ts-expect-error a function is no data
    defineTask({ ...base, type: 'function', run: async () => ({ deep: [{ again: () => 1 }] }) });
    // @ts-expect-error JSON has no bigint
    defineTask({ ...base, type: 'bigint', run: async ({ n }) => ({ n: BigInt(n) }) });
    // @ts-expect-error nobody has waited for it
    defineTask({ ...base, type: 'promise', run: async () => ({ later: Promise.resolve(1) }) });
    // @ts-expect-error it is bytes
    defineTask({ ...base, type: 'bytes', run: async () => ({ body: new Uint8Array(1) }) });
    // @ts-expect-error it is bytes too, though it has a toJSON
    defineTask({ ...base, type: 'buffer', run: async () => ({ body: Buffer.from('a') }) });
    // @ts-expect-error a list has no gap
    defineTask({ ...base, type: 'gap', run: async ({ n }) => ({ list: [n > 1 ? n : undefined] }) });
    const fanOut = { onFailure: 'fail', combine: async () => ({ all: new Set([1]) }) } as const;
    // @ts-expect-error so is what combine returns
    defineTask({ ...base, type: 'combined', run: async (_, ctx) => ctx.fanOut([]), fanOut });
    const batch = { maxSize: 10, windowSeconds: 1 };
    // @ts-expect-error and each outcome of a batch
    defineTask({ ...base, type: 'batch', batch, run: async (items) => items.map(() => ({ at: new Set([1]) })) });
  });
});

describe('an output schema', () => {
  it('types what the handler returns, and what is kept of it', () => {
    const send = defineTask({
      ...base,
      type: 'send',
      output: known,
      run: async ({ n }) => (n > 1 ? { status: 'sent', tags: ['a'] } : { status: 'refused', tags: [], tries: 2 }),
    });
    expectTypeOf<OutputOf<typeof send>>().toEqualTypeOf<{
      status: 'sent' | 'refused';
      tries: number;
      tags: string[];
    }>();
  });

  it('is held against what each handler returns', () => {
    // @ts-expect-error there are no tags
    defineTask({ ...base, type: 'missing', output: known, run: async () => ({ status: 'sent' }) });
    // @ts-expect-error it is no such status
    defineTask({ ...base, type: 'wrong', output: known, run: async () => ({ status: 'lost', tags: [] }) });
    const fanOut = { onFailure: 'fail', combine: async () => ({ status: 'sent' as const }) } as const;
    // @ts-expect-error nor has what combine returns
    defineTask({ ...base, type: 'combined', output: known, run: async (_, ctx) => ctx.fanOut([]), fanOut });
    const batch = { maxSize: 10, windowSeconds: 1 };
    defineTask({
      ...base,
      type: 'batch',
      // @ts-expect-error nor has an outcome of a batch
      batch,
      output: known,
      // @ts-expect-error
      run: async (items) => items.map(() => ({ status: 'sent' as const })),
    });
  });
});

const countPart = defineTask({
  ...base,
  type: 'count.part',
  input: z.strictObject({ text: z.string() }),
  run: async ({ text }) => ({ words: text.length }),
});

describe('a fan-out', () => {
  it('knows the outputs of its subtasks', () => {
    const count = defineTask({
      ...base,
      type: 'count',
      run: async (_, ctx) => ctx.fanOut(['a', 'b'].map((text) => subtask(countPart, { text }))),
      fanOut: {
        onFailure: 'fail',
        async combine(results) {
          expectTypeOf(results).toEqualTypeOf<readonly SubtaskResult<{ readonly words: number }>[]>();
          return results.reduce((sum, one) => sum + (one.status === 'succeeded' ? one.output.words : 0), 0);
        },
      },
    });
    expectTypeOf<OutputOf<typeof count>>().toEqualTypeOf<number>();
    expectTypeOf<InputOf<typeof count>>().toEqualTypeOf<{ n?: number | undefined }>();
  });

  it('takes types that are known by name alone, whose outputs are any JSON', () => {
    const mixed = defineTask({
      ...base,
      type: 'mixed',
      run: async ({ n }, ctx) => ctx.fanOut([{ type: 'elsewhere', input: { n } }, subtask(countPart, { text: 'a' })]),
      fanOut: {
        onFailure: 'collect',
        combine: async (results) => {
          expectTypeOf<JsonValue>().toExtend<Extract<(typeof results)[number], { status: 'succeeded' }>['output']>();
          return results.length;
        },
      },
    });
    expectTypeOf<OutputOf<typeof mixed>>().toEqualTypeOf<number>();
  });

  it('checks the input of a known type, and its name', () => {
    // @ts-expect-error its text is missing
    subtask(countPart, {});
    // @ts-expect-error its text is text
    subtask<typeof countPart>('count.part', { text: 1 });
    // @ts-expect-error it is called count.part
    subtask<typeof countPart>('count.prat', { text: 'a' });
    // @ts-expect-error there is no such priority
    subtask(countPart, { text: 'a' }, { priority: 'urgent' });
    expect(subtask<typeof countPart>('count.part', { text: 'a' }, { priority: 'low' })).toEqual(
      subtask(countPart, { text: 'a' }, { priority: 'low' }),
    );
    expect(subtask(countPart, { text: 'a' })).toEqual({ type: 'count.part', input: { text: 'a' } });
  });

  it('may be of its own type, where `run` says what it returns', () => {
    const depth = defineTask({
      ...base,
      type: 'depth',
      run: async ({ n }, ctx): Promise<number | FanOut<number>> =>
        n > 3 ? 0 : ctx.fanOut([subtask(depth, { n: n + 1 })]),
      fanOut: {
        onFailure: 'fail',
        combine: async ([result]) => 1 + (result?.status === 'succeeded' ? result.output : 0),
      },
    });
    expectTypeOf<OutputOf<typeof depth>>().toEqualTypeOf<number>();
  });
});

it('a line of the log takes values of interfaces, too', () => {
  defineTask({
    ...base,
    type: 'logging',
    async run(_, ctx) {
      ctx.log('rendered', invoice);
      ctx.log('rendered', { invoice, at: new Date() });
      // @ts-expect-error a field has a name
      ctx.log('rendered', 7);
    },
  });
});

it('every definition fits a catalog', () => {
  const catalog = {
    'invoice.render': async () => renderInvoice,
    'count.part': async () => countPart,
  } satisfies TaskCatalog;
  expect(Object.keys(catalog)).toHaveLength(2);
});

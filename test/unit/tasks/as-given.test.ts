import { expect, it } from 'vitest';
import * as z from 'zod';
import { asGiven } from '../../../tasks/as-given.ts';
import { csvSummarize } from '../../../tasks/csv-summarize/definition.ts';
import { httpRequest } from '../../../tasks/http-request/definition.ts';

const kept = (schema: { '~standard': { validate: (value: unknown) => unknown } }, value: unknown) =>
  Promise.resolve(schema['~standard'].validate(value));

it('keeps what fits, to the last member, and refuses what does not', async () => {
  const schema = asGiven(z.object({ columns: z.record(z.string(), z.number()) }));
  const value = JSON.parse('{"columns":{"__proto__":1,"constructor":2},"more":3}');
  expect(await kept(schema, value)).toEqual({ value });
  expect(JSON.stringify(await kept(schema, value))).toContain('"__proto__":1');
  expect(await kept(schema, { columns: { a: 'b' } })).toMatchObject({ issues: [{ path: ['columns', 'a'] }] });
});

it('is how the types that ship keep names of others', async () => {
  const column = { count: 1, min: '9007199254740993', max: 2, mean: null };
  const summary = JSON.parse(JSON.stringify({ rows: 1, columns: { a: column } }).replace('"a"', '"__proto__"'));
  expect(JSON.stringify(await kept(csvSummarize.output as never, summary))).toContain('__proto__');
  const answer = { status: 200, url: 'https://a.b', redirected: false, body: '', encoding: 'text' };
  const headers = { 'set-cookie': ['a=b'], etag: '"x"' };
  expect(await kept(httpRequest.output as never, { ...answer, headers })).toEqual({ value: { ...answer, headers } });
});

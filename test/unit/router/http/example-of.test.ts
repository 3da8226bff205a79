import { expect, it } from 'vitest';
import { exampleOf } from '../../../../functions/router/http/example-of.ts';

it.each([
  [{ type: 'string', examples: ['a', 'b'] }, 'a'],
  [{ type: 'string' }, 'text'],
  [{ type: 'string', format: 'uri' }, 'https://example.com/'],
  [{ type: 'integer', minimum: 5 }, 5],
  [{ type: 'number' }, 1],
  [{ type: 'boolean' }, true],
  [{ const: 'fixed' }, 'fixed'],
  [{ enum: ['one', 'two'] }, 'one'],
  [{ type: 'string', default: 'given' }, 'given'],
  [{ anyOf: [{ type: 'null' }, { type: 'string' }] }, null],
  [{ oneOf: [{ type: 'string' }] }, 'text'],
  [{ type: 'array', items: { type: 'integer' } }, [1]],
  [{ type: 'array' }, []],
  [{ type: 'object' }, {}],
  [{ type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['a'] }, { a: 'text' }],
  [{ type: 'object', properties: { a: { examples: [7] } }, required: ['a'], examples: [{ a: 8 }] }, { a: 8 }],
  [{}, undefined],
  [{ type: 'object', properties: { a: {} }, required: ['a'] }, undefined],
  [{ $ref: '#' }, undefined],
])('%j shows %j', (schema, example) => {
  expect(exampleOf(schema)).toEqual(example);
});

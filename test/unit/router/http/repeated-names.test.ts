import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedNameErrors, shapeOf } from '../../../../functions/router/http/repeated-names.ts';
import { echo } from '../../../doubles/task-definitions.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const fieldsOf = (json: string) =>
  repeatedNameErrors(json, JSON.parse(json), shapeOf(json).names).map(({ field }) => field);

describe('a name that an object has twice', () => {
  it.each([
    ['{"a": 1, "a": 2}', ['/a']],
    ['{"a": 1, "b": {"a": 2}, "a": 1.0}', ['/a']],
    ['{"x": [{}, {"a/b": {"c": 1, "d": 3, "c": "1"}}]}', ['/x/1/a~1b/c']],
    ['[{"a": [1, 2]}, {"a": [1, 2], "a": [1, 3]}]', ['/1/a']],
    ['{"a": {"b": 1}, "a": {"b": 1, "b": 2}}', ['/a/b', '/a']],
    ['{"a" : "x, \\"a\\": {", "\\u0061":"y"}', ['/a']],
    ['{"a": 1, "a": 2, "a": 3}', ['/a', '/a']],
    ['{"": 1, "": null}', ['/']],
    ['{"__proto__": 1, "__proto__": 2}', ['/__proto__']],
    ['{"toString": 1, "toString": {}}', ['/toString']],
  ])('and with two values is found: %s', (json, fields) => expect(fieldsOf(json)).toEqual(fields));

  it.each(['{"a": 1, "a" :  1 }', '{"a": [1], "b": 2, "a": [1]}', '[{"k":1,"k":1}]'])(
    'and with one value loses nothing: %s',
    (json) => expect(fieldsOf(json)).toEqual([]),
  );

  it.each([
    '{}',
    '[]',
    '"a"',
    '1',
    '[{"a": 1}, {"a": 2}]',
    '{"a": {"a": {"a": 1}}, "b": "\\"a\\": 1, \\"a\\": 2"}',
    '{"a": ":", "b": "\\\\", "c": [":", ""]}',
    '{"__proto__": 1, "constructor": 2}',
  ])('is in none of %s', (json) => {
    expect(fieldsOf(json)).toEqual([]);
  });

  it('is in nothing that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(fieldsOf(json)).toEqual([]);
      }),
    );
  });

  it('is found wherever it is put in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, at) => {
        const names = Object.keys(object);
        const name = JSON.stringify(names[at % names.length]);
        const json = `{"list": [0, ${JSON.stringify(object).slice(0, -1)}, ${name}: {"an": "other", "value": []}}]}`;
        expect(fieldsOf(json)).toHaveLength(1);
      }),
    );
  });

  it('is found in linear time, and all of them are counted', () => {
    const started = performance.now();
    expect(fieldsOf(`{${'"a":1,"a":2,'.repeat(70_000)}"a":2}`)).toHaveLength(139_999);
    expect(fieldsOf(`{"a":${'['.repeat(99)}${'{"b":1,"b":2},'.repeat(50_000)}1${']'.repeat(99)}}`)).toHaveLength(
      50_000,
    );
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('a request that has a name twice', () => {
  it('is refused with the place of it', async () => {
    const world = createWorld([echo]);
    const body = '{"type": "echo", "input": {"to": "ada", "amount": 1, "to": "bob"}}';
    expect(await callApi(world, 'POST /api/tasks', { body })).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        errors: [{ field: '/input/to', message: 'is there twice, with two values: give it once' }],
      },
    });
    const bulk = await callApi(world, 'POST /api/tasks/batch', { body: `{"tasks": [${body}]}` });
    expect(bulk).toMatchObject({ status: 400, body: { errors: [{ field: '/tasks/0/input/to' }] } });
    const patch = await callApi(world, 'PATCH /api/definitions/echo', { body: '{"paused": true, "paused": null}' });
    expect(patch).toMatchObject({ status: 400, body: { errors: [{ field: '/paused' }] } });
  });

  it('is told how often it has one', async () => {
    const body = `{"type": "echo", "input": {${'"k":1,"k":2,'.repeat(500)}"l":1}}`;
    const { body: problem } = await callApi(createWorld([echo]), 'POST /api/tasks', { body });
    expect(problem.detail).toMatch(/: 999 fields are wrong, 899 of which are not listed$/);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedNumberErrors, withChangedNumbers } from '../../../../functions/router/http/changed-numbers.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const errorsOf = (json: string) => changedNumberErrors(withChangedNumbers(json));

describe('a number that would be read otherwise', () => {
  it.each([
    ['9007199254740993', 'would be read as 9007199254740992'],
    ['-9007199254740993', 'would be read as -9007199254740992'],
    ['1970670598291982290', 'would be read as 1970670598291982300'],
    ['9007199254740993.0', 'would be read as 9007199254740992'],
    ['12345678901234567890.5', 'would be read as 12345678901234567000'],
    ['9.007199254740993e15', 'would be read as 9007199254740992'],
    ['1e400', 'larger than a number may be'],
    ['-1E+400', 'larger than a number may be'],
    ['1'.repeat(400), 'larger than a number may be'],
    ['1e-400', 'smaller than a number may be'],
    [`0.${'0'.repeat(400)}1`, 'smaller than a number may be'],
    ['1.2345678e-320', 'would be read as 1.2347e-320'],
  ])('%s is found', (number, message) => {
    expect(errorsOf(`{"a": [1, {"b/c": ${number}}]}`)).toEqual([
      { field: '/a/1/b~1c', message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    ...['0', '-0', '0.0', '0e99', '9007199254740992', '9007199254740994', '1e22', '1e23', '6.02214076e23', '1e308'],
    ...['0.1', '0.30000000000000004', '0.1000000000000000055511151231257827', '3.141592653589793238462643', '1e-300'],
    ...['5e-324', '1.7976931348623157e308', '100000000000000000000', '1.0e2', '2.2250738585072014e-308', '1e1'],
  ])('%s is none', (number) => expect(errorsOf(`[${number}]`)).toEqual([]));

  it.each([
    '"9007199254740993"',
    '{"9007199254740993": "1e400"}',
    '"\\"1e400, 9007199254740993\\\\"',
    '["\\\\", "1e400"]',
    '"\\u0022 1e400"',
  ])('a text is none: %s', (json) => expect(errorsOf(json)).toEqual([]));

  it('is any integer that does not come back with its digits, and no other', () => {
    fc.assert(
      // From 1e21 on JavaScript writes exponents.
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (integer) => {
        expect(errorsOf(`[${integer}]`).length === 0).toBe(JSON.stringify(Number(integer)) === String(integer));
      }),
    );
  });

  it('is none of those that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(errorsOf(`[${number}]`)).toEqual([]);
      }),
    );
  });

  it('is found in linear time', () => {
    const zeros = '0'.repeat(600_000);
    const started = performance.now();
    expect(errorsOf(`[0.${'0'.repeat(320)}1${zeros}1${zeros}1]`)).toHaveLength(1);
    expect(errorsOf(`[${'1e400,'.repeat(300_000)}1]`)).toHaveLength(100);
    expect(errorsOf(`["${'\\"1e400'.repeat(300_000)}"]`)).toHaveLength(0);
    expect(errorsOf(`[${'0.30000000000000004,'.repeat(100_000)}1]`)).toHaveLength(0);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a request with such numbers', () => {
  const big = '9007199254740993';
  const error = (field: string) => ({ field, message: expect.stringContaining(`is ${big}, which would be read as`) });

  it('is refused beside all else that is wrong with it', async () => {
    const world = createWorld([greet, echo]);
    const submit = (body: string) => callApi(world, 'POST /api/tasks', { body });
    expect(await submit(`{"type": "echo", "input": {"order": {"id": ${big}}}}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [error('/input/order/id')] },
    });
    expect(await submit(`{"type": "echo", "input": ${big}, "priority": "none", "delaySeconds": 1e400}`)).toMatchObject({
      status: 400,
      body: { errors: expect.arrayContaining([error('/input'), expect.objectContaining({ field: '/priority' })]) },
    });
    expect(await submit('{"type": "echo", "input": {"id": "9007199254740993", "n": 0.1}}')).toMatchObject({
      status: 202,
      body: { input: { id: big, n: 0.1 } },
    });
  });

  it.each([99, 100, 101, 5_000])('says how many there are of %s', async (count) => {
    const world = createWorld([echo]);
    const task = `{"type": "echo", "input": [${Array(count).fill(big).join()}]}`;
    const { body: single } = await callApi(world, 'POST /api/tasks', { body: task });
    const { body: bulk } = await callApi(world, 'POST /api/tasks/batch', { body: `{"tasks": [${task}]}` });
    const [{ problem }] = bulk.results as [{ problem: { errors: unknown[]; detail: string } }];
    const listed = Math.min(count, 100);
    expect(single.errors).toHaveLength(listed);
    const counted = (left: number) =>
      left === 0 ? /^[^:]+$/ : new RegExp(`: ${count} fields are wrong, ${left} of which are not listed$`);
    expect(single.detail).toMatch(counted(count - listed));
    expect(problem.detail).toMatch(counted(count - problem.errors.length));
  });

  it('is refused for the tasks of a bulk that have them, and no other', async () => {
    const world = createWorld([echo]);
    const task = (input: string) => `{"type": "echo", "input": ${input}}`;
    const body = `{"tasks": [${[task('1'), task(`[${big}]`), task(`"${big}"`), task('{"a": 1e400}')].join()}]}`;
    expect(await callApi(world, 'POST /api/tasks/batch', { body })).toMatchObject({
      status: 202,
      body: {
        accepted: 2,
        results: [
          { status: 'accepted' },
          { status: 'rejected', problem: { code: 'invalid_request', errors: [error('/input/0')] } },
          { status: 'accepted' },
          {
            status: 'rejected',
            problem: { errors: expect.arrayContaining([{ field: '/input/a', message: expect.any(String) }]) },
          },
        ],
      },
    });
  });

  it('is refused where it changes a definition', async () => {
    const world = createWorld([echo]);
    expect(
      await callApi(world, 'PATCH /api/definitions/echo', {
        body: `{"timeoutSeconds": ${big}}`,
      }),
    ).toMatchObject({ status: 400, body: { errors: expect.arrayContaining([error('/timeoutSeconds')]) } });
  });
});

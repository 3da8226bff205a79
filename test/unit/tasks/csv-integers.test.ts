import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvSummarize } from '../../../tasks/csv-summarize/definition.ts';
import { attempt } from './task-context.ts';

describe('an integer beyond 2^53', () => {
  const extremes = async (...cells: string[]) => {
    const { columns } = (await attempt(csvSummarize, { text: `id\n${cells.join('\n')}\n` })) as {
      columns: Record<string, { min: unknown; max: unknown; count: number }>;
    };
    return [columns.id?.min, columns.id?.max, columns.id?.count];
  };

  test.each([
    [
      ['9007199254740993', '9007199254740995'],
      ['9007199254740993', '9007199254740995', 2],
    ],
    [
      ['9007199254740995', '9007199254740993', '1'],
      [1, '9007199254740995', 3],
    ],
    [
      ['-9007199254740993', '+9007199254740993'],
      ['-9007199254740993', '9007199254740993', 2],
    ],
    [
      ['1970670598291982290', '1970670598291982291'],
      ['1970670598291982290', '1970670598291982291', 2],
    ],
    [
      ['9007199254740992', '9007199254740994'],
      [9007199254740992, 9007199254740994, 2],
    ],
    [
      ['9007199254740992', '9007199254740993'],
      [9007199254740992, '9007199254740993', 2],
    ],
    [
      ['9007199254740993', '9007199254740993.5'],
      ['9007199254740993', 9007199254740994, 2],
    ],
    [
      ['9007199254740993', '1e300'],
      ['9007199254740993', 1e300, 2],
    ],
    [
      ['007', '9007199254740991'],
      [7, 9007199254740991, 2],
    ],
    [
      [`${'9'.repeat(300)}`, '1'],
      [1, '9'.repeat(300), 2],
    ],
  ])('is told with all of its digits: %j', async (cells, expected) => {
    expect(await extremes(...cells)).toEqual(expected);
  });

  test('is the least and the greatest of any', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), { minLength: 1 }), async (ids) => {
        const [min, max] = [ids.reduce((a, b) => (a < b ? a : b)), ids.reduce((a, b) => (a > b ? a : b))];
        const [least, greatest] = await extremes(...ids.map(String));
        expect([least, greatest].map((one) => BigInt(one as string))).toEqual([min, max]);
      }),
      { numRuns: 50 },
    );
  });
});

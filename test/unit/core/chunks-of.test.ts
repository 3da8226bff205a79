import { expect, test } from 'vitest';
import { chunksOf } from '../../../functions/core/concurrency.ts';

test.each([
  [[], []],
  [[1], [[1]]],
  [[1, 2, 3], [[1, 2, 3]]],
  [
    [1, 2, 3, 4],
    [[1, 2, 3], [4]],
  ],
])('%j is cut into %j', (items, chunks) => expect(chunksOf(items, 3)).toEqual(chunks));

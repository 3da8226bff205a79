import { describe, expect, it } from 'vitest';
import { acceptedCoding } from '../../../functions/runtime/accepted-coding.ts';

describe('acceptedCoding', () => {
  it.each([
    ['the first of ours, where several are taken as well', 'gzip, deflate, br, zstd', 'zstd'],
    ['what the caller likes best', 'zstd;q=0.5, gzip;q=0.9, br;q=0.8', 'gzip'],
    ['no coding that is refused', 'zstd;q=0, *', 'br'],
    ['none where all are refused', 'zstd;q=0, br;q=0.0, gzip;q=0.000', undefined],
    ['none where all others are refused', '*;q=0', undefined],
    ['any where all are taken', '*', 'zstd'],
    ['what is taken beside no coding at all', 'identity, gzip;q=0.1', 'gzip'],
    ['names and weights in capitals', 'GZIP ; Q=0.1, ZSTD;Q=0', 'gzip'],
    ['none that has no number for a weight', 'gzip;q=much', undefined],
    ['no coding that nobody has heard of', 'exi, x', undefined],
    ['none where nothing is said', '', undefined],
    ['none without a header', undefined, undefined],
  ])('chooses %s', (_, header, coding) => {
    expect(acceptedCoding(header, ['zstd', 'br', 'gzip'])).toBe(coding);
  });
});

import { describe, expect, it } from 'vitest';
import {
  headerOf,
  packedHeader,
  sampledTraceOf,
  traceIdOf,
  unpackedHeader,
} from '../../../../functions/core/task/trace-header.ts';

const ROOT = '1-6b04c28d-e8be8acc27b5c47405b6f5a2';
const PARENT = '53995c3f42cd8ad8';
const sampled = `Root=${ROOT};Parent=${PARENT};Sampled=1`;

describe('a trace header', () => {
  it.each([
    [sampled, { traceId: ROOT, parentId: PARENT }],
    [`Self=1-2-3;Root=${ROOT}; Parent=${PARENT}; Sampled=1;Lineage=a:0`, { traceId: ROOT, parentId: PARENT }],
    [`Root=${ROOT};Parent=${PARENT};Sampled=0`, undefined],
    [`Root=${ROOT};Parent=${PARENT}`, undefined],
    [`Root=${ROOT};Sampled=1`, undefined],
    [`Parent=${PARENT};Sampled=1`, undefined],
    [`Root=1-2-3;Parent=${PARENT};Sampled=1`, undefined],
    [`Root=${ROOT}0;Parent=${PARENT};Sampled=1`, undefined],
    [`Root=${ROOT};Parent=${PARENT}${'0'.repeat(5_000)};Sampled=1`, undefined],
    [`Root=${ROOT.toUpperCase()};Parent=${PARENT};Sampled=1`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is sampled as %j', (header, trace) => {
    expect(sampledTraceOf(header)).toEqual(trace);
  });

  it('is sampled where it has a segment that leads on', () => {
    expect(headerOf(ROOT, PARENT)).toBe(sampled);
    expect(headerOf(ROOT)).toBe(`Root=${ROOT};Sampled=0`);
  });

  it('names its trace', () => {
    expect([sampled, `Root=${ROOT}`, 'Sampled=1', undefined].map(traceIdOf)).toEqual([
      ROOT,
      ROOT,
      undefined,
      undefined,
    ]);
  });

  it.each([
    [sampled, 32],
    [`Root=${ROOT};Sampled=0`, 22],
    ['Root=1-2-3', 11],
  ])('%s packs into %i characters, and comes back', (header, characters) => {
    const packed = packedHeader(header);
    expect(packed).toHaveLength(characters);
    expect(unpackedHeader(packed)).toBe(header);
  });
});

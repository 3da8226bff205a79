import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');

const DECLARED = `
import * as z from '${ROOT}/node_modules/zod/index.js';
import { DEFAULT_RETRY, defineTask, subtask } from '${ROOT}/entries/index.ts';
const base = {
  type: 'given', description: '', resources: 'default', priority: 'normal', timeoutSeconds: 1, retry: DEFAULT_RETRY,
  input: z.strictObject({ n: z.number() }),
} as const;
const part = defineTask({ ...base, run: async ({ n }) => n });
`;

/** Each line does not compile, and the last line of what the compiler says of it says what would be right. */
const WRONG: readonly (readonly [line: string, told: string])[] = [
  [
    'defineTask({ ...base, run: async () => ({ counts: new Map([[1, 2]]) }) });',
    `Type 'Map<number, number>' is not assignable to type '"JSON would lose what a Map holds: return Object.fromEntries(map), or [...map]"'.`,
  ],
  [
    'defineTask({ ...base, run: async ({ n }) => ({ deep: [{ n: BigInt(n) }] }) });',
    `Type 'bigint' is not assignable to type '"JSON has no bigint: return its text, String(value)"'.`,
  ],
  [
    'defineTask({ ...base, run: async () => ({ later: Promise.resolve(1) }) });',
    `Type 'Promise<number>' is not assignable to type '"JSON would lose what a promise gives: await it"'.`,
  ],
  [
    'defineTask({ ...base, run: async () => new Map([[1, 2]]) });',
    `Type '() => Promise<Map<number, number>>' is not assignable to type '"JSON would lose what a Map holds: return Object.fromEntries(map), or [...map]"'.`,
  ],
  [
    'defineTask({ ...base, run: () => new Map([[1, 2]]) });',
    `Type '() => Map<number, number>' is not assignable to type '"JSON would lose what a Map holds: return Object.fromEntries(map), or [...map]"'.`,
  ],
  [
    'defineTask({ ...base, run: async ({ n }) => (n > 1 ? new Set([n]) : { n }) });',
    `Type '({ n }: { n: number; }) => Promise<Set<number> | { readonly n: number; }>' is not assignable to type '"JSON would lose what a Set holds: return [...set]"'.`,
  ],
  [
    'defineTask({ ...base, run: ({ n }) => BigInt(n) });',
    `Type '({ n }: { n: number; }) => bigint' is not assignable to type '"JSON has no bigint: return its text, String(value)"'.`,
  ],
  [
    'defineTask({ ...base, run: async () => Symbol() });',
    `Type '() => Promise<symbol>' is not assignable to type '"JSON has no symbol: return data alone"'.`,
  ],
  [
    'defineTask({ ...base, run: async () => () => 1 });',
    `Type '() => Promise<() => number>' is not assignable to type '"JSON would leave a function out: return data alone"'.`,
  ],
  [
    "defineTask({ ...base, run: async () => Buffer.from('a') });",
    `Type '() => Promise<Buffer<ArrayBuffer>>' is not assignable to type '"JSON has no bytes: return text, such as Buffer.from(bytes).toString('base64')"'.`,
  ],
  [
    'defineTask({ ...base, run: async ({ n }) => [n, undefined] });',
    `Type 'undefined' is not assignable to type '"JSON would make null of undefined in a list: put null there"'.`,
  ],
  [
    'class Point { x = 1; norm() { return this.x; } }\ndefineTask({ ...base, run: async () => new Point() });',
    `Type '() => number' is not assignable to type '"JSON would leave a function out: return data alone"'.`,
  ],
  [
    "defineTask({ ...base, run: async (_, ctx) => ctx.fanOut([]), fanOut: { onFailure: 'fail', combine: async () => new Map([[1, 2]]) } });",
    `Type '() => Promise<Map<number, number>>' is not assignable to type '"JSON would lose what a Map holds: return Object.fromEntries(map), or [...map]"'.`,
  ],
  [
    'defineTask({ ...base, output: z.object({ a: z.string() }), run: async () => ({ a: 1 }) });',
    "Type 'number' is not assignable to type 'string'.",
  ],
  [
    'defineTask({ ...base, output: z.object({ a: z.string() }), run: () => ({ a: 1 }) });',
    "Type 'number' is not assignable to type 'string'.",
  ],
  [
    "defineTask({ ...base, run: async (_, ctx) => ctx.fanOut([subtask(part, { n: 'one' })]) });",
    "Type 'string' is not assignable to type 'number'.",
  ],
];

test('what does not compile is told at its place, with what would be right', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-compile-errors-'));
  writeFileSync(join(folder, 'wrong.mts'), DECLARED + WRONG.map(([line]) => line).join('\n'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      include: ['*.mts'],
      exclude: [],
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
    }),
  );
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  const errors = stdout.split(/^\S*wrong\.mts\(.+?error TS\d+: /m).slice(1);
  expect(errors.map((error) => error.trim().split('\n').at(-1)?.trim())).toEqual(WRONG.map(([, told]) => told));
});

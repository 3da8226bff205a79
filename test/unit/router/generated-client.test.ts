import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTypescript, { type OpenAPI3 } from 'openapi-typescript';
import { expect, onTestFinished, test } from 'vitest';
import { shippedDefinitions } from '../../doubles/shipped-tasks.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Calls by what was generated, and holds the types of our own client against it. */
const USE = `
import type { components, operations } from './generated.mts';
import type * as client from '${ROOT}/entries/client.ts';

type Schemas = components['schemas'];
type Json<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Body } };
} ? Body : never;
type Answer<Name extends keyof operations, Status extends number> = operations[Name] extends {
  responses: Record<Status, { content: { 'application/json': infer Body } }>;
} ? Body : never;
type Same<One, Other> = [keyof One] extends [keyof Other] ? ([keyof Other] extends [keyof One] ? true : never) : never;

export const submits: Json<'submitTask'>[] = [
  { type: 'markdown.render', input: { markdown: '# Hello' }, priority: 'high' },
  { type: 'image.resize', input: { url: 'https://example.com/a.png', width: 8 }, idempotencyKeyTtlSeconds: 60 },
];
export const bulk: Json<'submitTasks'> = {
  tasks: [
    { type: 'markdown.render', input: { markdown: '# Hello' }, idempotencyKey: 'import-7/0' },
    { type: 'image.resize', input: { url: 'https://example.com/a.png', width: 8 }, delaySeconds: 5 },
  ],
};
export const inputs: Schemas['markdown.render.input'][] = [{ markdown: '# Hello' }];
// @ts-expect-error there is no such type
export const unknownType: Json<'submitTasks'> = { tasks: [{ type: 'markdown.rendre', input: { markdown: '' } }] };
// @ts-expect-error a priority is one of three
export const wrongTask: Json<'submitTasks'> = { tasks: [{ type: 'markdown.render', input: { markdown: '' }, priority: 'urgent' }] };
// @ts-expect-error a single submit has its key in a header
export const wrongKey: Json<'submitTask'> = { type: 'markdown.render', input: { markdown: '' }, idempotencyKey: 'a' };
export const change: Json<'changeDefinition'> = { paused: null };
// @ts-expect-error a priority is one of three
export const wrong: Json<'submitTask'> = { type: 'markdown.render', input: { markdown: '' }, priority: 'urgent' };

export const html: Schemas['markdown.render.output'] = { html: '' };
export const width: Schemas['image.resize.output']['width'] = 1;
export const rows: Schemas['csv.summarize.output']['rows'] = 1;
export const status: Schemas['http.request.output']['status'] = 200;

export const given = (task: Schemas['TaskSummary']): client.TaskSummary => task;
export const count = (one: Schemas['TaskCount']): client.TaskCount => one;
export const lane = (one: Schemas['Lane']): client.Lane => one;
export const letter = (one: Schemas['DeadLetter']): client.DeadLetter => one;
export const redriven = (one: Schemas['Redriven']): client.Redriven => one;
export const statistics = (one: Schemas['Statistics']): client.Statistics => one;
export const definition = (one: Schemas['Definition']): client.Definition => one;
export const definitions = (one: Answer<'listDefinitions', 200>): client.Definitions => one;
export const letters = (one: Answer<'listDeadLetters', 200>): client.DeadLetters => one;
export const page = (one: Answer<'listTasks', 200>): client.Page<client.TaskSummary> => one;
export const same: [
  Same<Schemas['TaskSummary'], client.TaskSummary>,
  Same<Schemas['TaskCount'], client.TaskCount>,
  Same<Schemas['Lane'], client.Lane>,
  Same<Schemas['DeadLetter'], client.DeadLetter>,
  Same<Schemas['Redriven'], client.Redriven>,
  Same<Schemas['Statistics'], client.Statistics>,
  Same<Schemas['Definition'], client.Definition>,
  Same<Answer<'listDefinitions', 200>, client.Definitions>,
  Same<Answer<'listDeadLetters', 200>, client.DeadLetters>,
] = [true, true, true, true, true, true, true, true, true];
`;

test('a client that is generated from the document compiles, and says what ours does', {
  timeout: 120_000,
}, async () => {
  const { body } = await callApi(createWorld(await shippedDefinitions()), 'GET /api/openapi.json', { caller: null });
  const folder = mkdtempSync(join(tmpdir(), 'millrace-generated-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'generated.mts'), await openapiTypescript(body as unknown as OpenAPI3));
  writeFileSync(join(folder, 'use.mts'), USE);
  const compilerOptions = { typeRoots: [join(ROOT, 'node_modules/@types')] };
  const project = { extends: join(ROOT, 'tsconfig.json'), include: ['*.mts'], exclude: [], compilerOptions };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  expect(spawnSync(tsc, ['-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout).toBe('');
});

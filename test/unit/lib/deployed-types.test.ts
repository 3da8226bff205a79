import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, expect, it } from 'vitest';
import * as z from 'zod';
import { saveDefinitions } from '../../../cli/save-definitions.ts';
import { tellWhatWaits } from '../../../lib/deployed-types.ts';
import { startUnkindApi } from '../client/unkind-api.ts';

const project = mkdtempSync(join(tmpdir(), 'millrace-deployed-'));
afterAll(() => rmSync(project, { recursive: true }));

const schema = (input: z.ZodType) => z.toJSONSchema(input, { io: 'input' }) as Record<string, unknown>;
const greet = (input: z.ZodType, type = 'greet') => ({ type, file: 'tasks/greet.ts', inputSchema: schema(input) });

/** Returns what a synth of a deployment says of these types, as warnings or as information. */
function told(definitions: Parameters<typeof tellWhatWaits>[2], name: string, as: string): string[] {
  const stack = new Stack(new App(), 'Stack');
  tellWhatWaits(stack, name, definitions, project);
  return stack.node.metadata.flatMap(({ type, data }) => (type === `aws:cdk:${as}` ? [String(data)] : []));
}
const warnings = (definitions: Parameters<typeof tellWhatWaits>[2], name = 'shop') =>
  told(definitions, name, 'warning');
const write = (text: string): void => writeFileSync(join(project, 'millrace.deployed.json'), text);

it('says nothing where nobody has written down what is deployed', () => {
  expect(warnings([greet(z.string())])).toEqual([]);
});

it('names what is narrower than what a deployment has said of itself, and what leaves, with what waits', async () => {
  const { client } = await startUnkindApi();
  for (const name of ['Ada', 'Grace']) await client.submit('greet', { name });
  const saved = await saveDefinitions(client, 'shop', '2026-01-01T00:00:00.000Z', project);
  expect(saved).toMatch(/^millrace\.deployed\.json says of shop what is deployed: \d+ task types\.$/);
  // What it says of another deployment stays.
  await saveDefinitions(client, 'other', '2026-01-02T00:00:00.000Z', project);
  const { items } = await client.definitions();
  const same = items.map(({ type, inputSchema }) => ({ type, file: 'tasks/a.ts', inputSchema }));
  expect(warnings(same)).toEqual([]);
  const narrow = greet(z.strictObject({ name: z.string().max(3), title: z.string() }));
  const others = same.filter(({ type }) => type !== 'greet');
  expect(warnings([...others, narrow])).toEqual([
    expect.stringMatching(
      /^tasks\/greet\.ts: the input of the task type greet is narrower than the one deployed: title is required now; name has the maxLength 3 now.*At 2026-01-01T00:00:00\.000Z, 2 of its tasks waited/,
    ),
  ]);
  expect(warnings(others)).toEqual([
    expect.stringMatching(/^the task type greet leaves, which is deployed.*2 of its tasks waited/),
  ]);
  expect(warnings(others, 'unknown')).toEqual([]);
  expect(told(others, 'unknown', 'info')).toEqual([
    expect.stringMatching(/^millrace\.deployed\.json says nothing of unknown, only of shop, other: /),
  ]);
});

it.each([
  ['no JSON', '{'],
  ['another shape', '{ "shop": { "types": [] } }'],
])('warns of a file that is %s, and fails no synth', (_, text) => {
  write(text);
  expect(warnings([greet(z.string())])).toEqual([expect.stringMatching(/^millrace\.deployed\.json cannot be read: /)]);
});

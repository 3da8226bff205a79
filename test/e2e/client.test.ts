import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createClient } from '../../entries/client.ts';
import { shownCode } from '../doubles/shown-code.ts';

const ROOT = join(import.meta.dirname, '../..');
const { url, apiKey: key } = inject('stack');

/** Runs a script that README shows, as a program of its own. */
async function runShown(heading: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shown-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const code = shownCode(heading).replace("'millrace/client'", `'${join(ROOT, 'entries/client.ts')}'`);
  const file = join(folder, 'script.mts');
  writeFileSync(file, code);
  const script = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, MILLRACE_URL: url, MILLRACE_KEY: key },
  });
  return text(script.stdout);
}

it('README: a thousand tasks of three types, with one that is refused', async () => {
  const { rows, characters, words, refused } = JSON.parse(await runShown('Call it'));
  expect(refused).toEqual(['999: invalid_request /input/url']);
  expect(rows).toBe(333);
  expect(words).toBe(2 * 333);
  expect(characters).toBeGreaterThan(333 * '<p>page</p>'.length);
}, 300_000);

it('a result comes as the task ends, and the error of one that fails', async () => {
  const client = createClient({ url, key });
  const task = await client.submit('markdown.render', { markdown: '# Hello' }, { priority: 'high' });
  expect(await client.result(task, { timeoutSeconds: 60 })).toMatchObject({ output: { html: '<h1>Hello</h1>\n' } });
  const failing = await client.submit('csv.summarize', { text: '{"json": true}' });
  await expect(client.result(failing, { timeoutSeconds: 60 })).rejects.toMatchObject({
    code: 'invalid_csv',
    task: { id: failing.id },
  });
}, 120_000);

it('a key that has ended stands for another task, and one that has not for the same', async () => {
  const client = createClient({ url, key });
  const idempotencyKey = `e2e-${Date.now()}`;
  const options = { idempotencyKey, idempotencyKeyTtlSeconds: 3, delaySeconds: 60 };
  const submit = () => client.submit('markdown.render', { markdown: '# Once' }, options);
  const [first, ...others] = await Promise.all([submit(), submit(), submit()]);
  expect(others.map(({ id }) => id)).toEqual([first.id, first.id]);
  const bulk = await client.submitAll([
    { type: 'markdown.render', input: { markdown: '# Once' }, idempotencyKey, delaySeconds: 60 },
    { type: 'markdown.render', input: { markdown: '# Other' }, idempotencyKey },
  ]);
  expect(bulk).toMatchObject([
    { status: 'accepted', task: { id: first.id }, replayed: true },
    { status: 'rejected', error: { code: 'idempotency_conflict' } },
  ]);
  await new Promise((resolve) => setTimeout(resolve, 4500));
  const next = await submit();
  expect(next.id).not.toBe(first.id);
  expect(await client.get(first.id)).toMatchObject({ id: first.id, status: 'scheduled' });
  for (const { id } of [first, next]) await client.cancel(id);
}, 60_000);

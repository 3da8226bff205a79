import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { INVOCATION_MARGIN_SECONDS, RESOURCE_CLASS_SPECS } from '../../../functions/contract.ts';
import { tasks } from '../../../tasks/index.ts';

test('the catalog has the task types that ship', () => {
  expect(Object.keys(tasks)).toEqual(
    expect.arrayContaining(['csv.summarize', 'http.bulk', 'http.request', 'image.resize', 'markdown.render']),
  );
});

/** What ships is an example; a team's own types are checked at synth, for what would break. */
const SHIPPED = ['csv.summarize', 'http.bulk', 'http.request', 'image.resize', 'markdown.render'] as const;

describe.each(SHIPPED.map((type) => [type, tasks[type]] as const))('%s', (type, load) => {
  test('is found under its own type', async () => {
    expect((await load()).type).toBe(type);
  });

  test('has a timeout that fits into an invocation of its class', async () => {
    const { resources, timeoutSeconds } = await load();
    const { attemptTimeoutSeconds, functionTimeoutSeconds } = RESOURCE_CLASS_SPECS[resources];
    expect(timeoutSeconds).toBeGreaterThan(0);
    expect(timeoutSeconds).toBeLessThanOrEqual(attemptTimeoutSeconds);
    expect(attemptTimeoutSeconds).toBeLessThanOrEqual(functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS);
  });

  test('has an input that converts to JSON Schema, strict and with every field described', async () => {
    const { input } = await load();
    const schema = input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    const fields = Object.entries(schema.properties as Record<string, object>);
    expect(fields.filter(([, field]) => !('description' in field))).toEqual([]);
    expect(fields).not.toEqual([]);
  });
});

test('the definitions are loaded without the libraries of their handlers', () => {
  const program = `
    const { registerHooks } = await import('node:module');
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    const { tasks } = await import('./tasks/index.ts');
    await Promise.all(Object.values(tasks).map((load) => load()));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: new URL('../../..', import.meta.url),
    encoding: 'utf8',
  });
  const loaded = stdout.split('\n');
  expect(stderr).toBe('');
  expect(loaded).toContainEqual(expect.stringContaining('/tasks/markdown-render/definition.ts'));
  expect(loaded.filter((url) => /node_modules\/(?!zod\/|@standard-schema\/)/.test(url))).toEqual([]);
});

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { INVOCATION_MARGIN_SECONDS } from '../../../functions/contract.ts';
import { classOf, RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { discovered, tasks } from '../../doubles/shipped-tasks.ts';

test('the catalog has the task types that ship, each under its own type', async () => {
  expect(Object.keys(tasks)).toEqual([
    'csv.summarize',
    'http.bulk',
    'http.request',
    'image.resize',
    'markdown.render',
    'text.wordcount',
    'text.wordcount.part',
  ]);
  for (const [type, load] of Object.entries(tasks)) expect((await load()).type).toBe(type);
});

/** What ships is an example; a team's own types are checked at synth, for what would break. */
const SHIPPED = discovered.definitions.filter(({ type }) => !type.startsWith('text.wordcount'));

describe.each(SHIPPED)('$type', ({ resources, timeoutSeconds, inputSchema }) => {
  test('has a timeout that fits into an invocation of its class', () => {
    const deployed = classOf(RESOURCE_CLASS_SPECS, resources);
    expect(timeoutSeconds).toBeGreaterThan(0);
    expect(timeoutSeconds).toBeLessThanOrEqual(deployed.timeoutSeconds);
    expect(deployed.timeoutSeconds).toBeLessThanOrEqual(deployed.functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS);
  });

  test('has an input that converts to JSON Schema, strict and with every field described', () => {
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    const fields = Object.entries(inputSchema.properties as Record<string, object>);
    expect(fields.filter(([, field]) => !('description' in field))).toEqual([]);
    expect(fields).not.toEqual([]);
  });
});

test('the definitions are loaded without the libraries of their handlers', () => {
  const program = `
    const { registerHooks } = await import('node:module');
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    const { tasks } = await import(${JSON.stringify(discovered.catalogFile)});
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

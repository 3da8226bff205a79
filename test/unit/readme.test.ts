import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SingleTaskDefinition } from '../../entries/index.ts';
import { runTask } from '../../entries/testing.ts';
import { shownCode } from '../doubles/shown-code.ts';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Loads the module that README shows below a heading. */
async function loadShown(heading: string): Promise<Record<string, unknown>> {
  const code = shownCode(heading);
  const from = (name: string): string =>
    name === 'millrace' ? join(ROOT, 'entries/index.ts') : fileURLToPath(import.meta.resolve(name));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'shown.ts');
  writeFileSync(
    file,
    code.replaceAll(/from '([^']+)'/g, (_, name: string) => `from '${from(name)}'`),
  );
  return import(file);
}

describe('README', () => {
  it('shows a task that runs as its test says', async () => {
    const { greet } = (await loadShown('Write a task')) as { greet: SingleTaskDefinition };
    expect((await runTask(greet, { name: 'Ada' })).output).toEqual({ greeting: 'Hello Ada' });
    expect((await runTask(greet, { name: 'Voldemort' })).error).toMatchObject({
      code: 'unspeakable',
      retryable: false,
    });
    expect((await runTask(greet, { name: '' })).error).toMatchObject({ code: 'invalid_input' });
  });

  it('shows a script of another project that compiles, and is no longer than a screen', { timeout: 120_000 }, () => {
    const code = shownCode('Call it');
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(26);
    const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const types = ['csv-summarize', 'markdown-render', 'text-wordcount'];
    const own = types.map((type) => `export * from '${join(ROOT, `tasks/${type}/definition.ts`)}';`);
    writeFileSync(join(folder, 'my-tasks.mts'), own.join('\n'));
    writeFileSync(
      join(folder, 'script.mts'),
      code
        .replace("'my-tasks'", "'./my-tasks.mts'")
        .replace("'millrace/client'", `'${join(ROOT, 'entries/client.ts')}'`),
    );
    const compilerOptions = { typeRoots: [join(ROOT, 'node_modules/@types')] };
    const project = { extends: join(ROOT, 'tsconfig.json'), include: ['script.mts'], exclude: [], compilerOptions };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    expect(spawnSync(tsc, ['-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('says what a month costs as docs/costs.md does', () => {
    const [, dev = '', prod = ''] = /^\| in all \| \$([\d.]+) \| \$([\d.]+) \|/m.exec(textOf('docs/costs.md')) ?? [];
    const [aboutDev, aboutProd] = [dev, prod].map((dollars) => Math.round(Number(dollars)));
    expect(textOf('README.md').replaceAll(/\s+/g, ' ')).toContain(
      `\`dev\` costs about $${aboutDev} a month and \`prod\` about $${aboutProd}`,
    );
    expect(textOf('docs/deploy.md')).toContain(`$${dev} a month (\`prod\`: $${prod})`);
  });
});

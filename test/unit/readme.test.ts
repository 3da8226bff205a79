import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SingleTaskDefinition } from '../../entries/index.ts';
import { runTask } from '../../entries/testing.ts';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Loads the module that README shows below a heading. */
async function loadShown(heading: string): Promise<Record<string, unknown>> {
  const shown = new RegExp(`^## ${heading}\\n[\\s\\S]+?\`\`\`ts\\n([\\s\\S]+?)\`\`\``, 'm');
  const [, code = ''] = shown.exec(textOf('README.md')) ?? [];
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

  it('says what a month costs as docs/costs.md does', () => {
    const [, dev = '', prod = ''] = /^\| in all \| \$([\d.]+) \| \$([\d.]+) \|/m.exec(textOf('docs/costs.md')) ?? [];
    const [aboutDev, aboutProd] = [dev, prod].map((dollars) => Math.round(Number(dollars)));
    expect(textOf('README.md').replaceAll(/\s+/g, ' ')).toContain(
      `\`dev\` costs about $${aboutDev} a month and \`prod\` about $${aboutProd}`,
    );
    expect(textOf('docs/deploy.md')).toContain(`$${dev} a month (\`prod\`: $${prod})`);
  });
});

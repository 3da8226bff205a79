import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskCatalog } from '../../../../functions/core/define-task.ts';
import { discoverTasks } from '../../../../lib/task-discovery.ts';

const project = process.cwd();
mkdirSync(join(project, '.millrace'), { recursive: true });
const scratch = mkdtempSync(join(project, '.millrace/found-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let folders = 0;

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, folder, path)), { recursive: true });
    writeFileSync(join(project, folder, path), text);
  }
}

/** Writes files into a folder of their own, and returns its path from the project on. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = relative(project, join(scratch, String(folders++)));
  write(folder, files);
  return folder;
}

const FACTS = `description: 'Greets', resources: 'default', priority: 'normal', timeoutSeconds: 10,
  retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 10 }`;
const INPUT = 'input: z.strictObject({ name: z.string() })';
const RUN = 'run: async ({ name }) => name';
const ZOD = "import * as z from 'zod';\n";
const GOOD = { 'good.ts': `${ZOD}export const good = { type: 'good', ${FACTS}, ${INPUT}, ${RUN} };` };

test('a CommonJS module may be a definition as a whole', async () => {
  const whole = `const z = require('zod');\nmodule.exports = { type: 'whole', ${FACTS}, ${INPUT}, ${RUN} };`;
  const { definitions, catalogFile } = discoverTasks(folderOf({ ...GOOD, 'whole.cjs': whole }));
  expect(definitions.map(({ type, exportName }) => [type, exportName])).toEqual([
    ['good', 'good'],
    ['whole', 'default'],
  ]);
  const { tasks }: { tasks: TaskCatalog } = await import(catalogFile);
  expect((await tasks.whole?.())?.type).toBe('whole');
});

describe('what is meant as a definition is not passed over beside one that is good', () => {
  test.each([
    ['inputs for input', `${INPUT.replace('input', 'inputs')}, ${RUN}`, 'input undefined, which must be a schema'],
    ['runs for run', `${INPUT}, ${RUN.replace('run', 'runs')}`, 'run undefined, which must be a function'],
  ])('%s', (_, parts, mistake) => {
    const definition = `{ type: 'meant', ${FACTS}, ${parts} };`;
    for (const [file, text] of [
      ['meant.ts', `${ZOD}export const meant = ${definition}`],
      ['meant.js', `${ZOD}export default ${definition}`],
      ['meant.cjs', `const z = require('zod');\nmodule.exports = ${definition}`],
      ['named.cjs', `const z = require('zod');\nexports.meant = ${definition}`],
    ] as const) {
      expect(() => discoverTasks(folderOf({ ...GOOD, [file]: text }))).toThrow(
        `/${file}: the task type meant has the ${mistake}`,
      );
    }
  });

  test('and what else is exported is', () => {
    const others = `${ZOD}export const call = z.function({ input: [z.string()], output: z.string() });
      export const event = { type: 'click' };\nexport const job = { input: 1, run: () => 1 };`;
    expect(discoverTasks(folderOf({ ...GOOD, 'others.ts': others })).definitions).toHaveLength(1);
  });
});

describe('definitions that are exported within something else', () => {
  const MAIL = `{ type: 'mail.send', ${FACTS}, ${INPUT}, ${RUN} }`;

  test.each([
    ['a list', `const mail = ${MAIL};\nexport const all = [mail];`],
    ['an object', `export const all = { mail: ${MAIL} };`],
    ['a map within an object', `export const all = { byType: new Map([['mail', ${MAIL}]]) };`],
    ['a default export', `export default [${MAIL}];`],
  ])('are not passed over: %s', (_, text) => {
    expect(() => discoverTasks(folderOf({ ...GOOD, 'mail.ts': ZOD + text }))).toThrow(
      /\/mail\.ts: the task type mail\.send stands in the export (all|default), and is exported by itself nowhere: write `export const` before it$/,
    );
  });

  test('are found where each is also exported by itself, in whatever file', () => {
    const all = `import * as mails from './mail.ts';\nimport { send } from './mail.ts';
      export const all = [send, mails.send];\nexport { mails };\nexport const byType = { send, nested: { mails } };`;
    const found = discoverTasks(folderOf({ 'a-all.ts': all, 'mail.ts': `${ZOD}export const send = ${MAIL};` }));
    expect(found.definitions.map(({ exportName }) => exportName)).toEqual(['send']);
  });

  test('are told from what only resembles them, and from what cannot be read', () => {
    const others = `export const fields = [{ type: 'text', input: true }, { type: 'number', run: () => 1 }];
      export const lazy = { get secret() { throw new Error('read'); } };\nexport const self = [];\nself.push(self);`;
    expect(discoverTasks(folderOf({ ...GOOD, 'others.ts': others })).definitions).toHaveLength(1);
  });
});

test('definitions are looked at again once a file has changed that they import, wherever it lies', () => {
  const folder = folderOf({
    'tasks/a.ts': `${ZOD}import { seconds } from '../limits.ts';
      export const a = { type: 'a', ${FACTS}, ${INPUT}, ${RUN}, timeoutSeconds: seconds };`,
    'limits.ts': "export { seconds } from './deeper/seconds.ts';",
    'deeper/seconds.ts': 'export const seconds = 10;',
  });
  const find = () => discoverTasks(`${folder}/tasks`);
  const first = find();
  expect(find()).toBe(first);
  write(folder, { 'deeper/seconds.ts': 'export const seconds = 20;' });
  expect([first, find()].map(({ definitions }) => definitions[0]?.timeoutSeconds)).toEqual([10, 20]);
});

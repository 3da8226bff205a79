import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LambdaClient, UpdateAliasCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { type BuildOptions, build } from 'esbuild';
import { unzipSync } from 'fflate';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Bundle } from '../../../../local/watch/bundles.ts';
import { LiveCode } from '../../../../local/watch/live-code.ts';
import { PlacedCode } from '../../../../local/watch/placed-code.ts';

const project = await realpath(await mkdtemp(join(tmpdir(), 'millrace-live-')));
afterAll(() => rm(project, { recursive: true, force: true }));
const file = (name: string) => join(project, name);
const save = (name: string, text: string) => writeFile(file(name), text);
const saveAnswer = (answer: string) => save('answer.ts', `export const answer: string = ${answer};\n`);

const SCHEMA = "{ '~standard': { jsonSchema: { input: () => ({ title: TITLE }) } } }";
const ask = (more: string, title = "'A'") => `
import { answer } from './answer.ts';
const TITLE = ${title};
export const ask = {
  type: 'ask', description: '', resources: 'default', priority: 'normal', timeoutSeconds: 1,
  retry: { maxAttempts: 1, baseDelaySeconds: 0, maxDelaySeconds: 0 },
  input: ${SCHEMA}, run: () => answer, ${more}
};
`;

/** Bundles as a synth does, for executors and for the router. */
async function synthesized(): Promise<Bundle[]> {
  const definition = { resources: 'default', priority: 'normal', timeoutSeconds: 1, isolated: false, fansOut: false };
  const retry = { maxAttempts: 1, baseDelaySeconds: 0, maxDelaySeconds: 0 };
  const inputSchema = { title: 'A' };
  const ofAsk = { type: 'ask', file: 'ask.ts', exportName: 'ask', description: '', inputSchema, retry, ...definition };
  return Promise.all(
    ['executor', 'router'].map(async (door) => {
      const options: BuildOptions = {
        ...{ absWorkingDir: project, entryPoints: ['index.ts'], outdir: file(`dist/${door}`), bundle: true },
        ...{
          format: 'esm',
          platform: 'node',
          splitting: true,
          outExtension: { '.js': '.mjs' },
          write: false,
          metafile: true,
        },
      };
      const directory = file(`cdk.out/bundle.${door}`);
      const { metafile } = await build({ ...options, outdir: directory, write: true, metafile: true });
      await mkdir(join(directory, 'node_modules/whole'), { recursive: true });
      await writeFile(join(directory, 'node_modules/whole/package.json'), '{}');
      return {
        ...{ name: `bundle.${door}`, directory, build: options, inputs: Object.keys(metafile.inputs), externals: [] },
        ...{ definitions: [ofAsk], functionNames: [`${door}-0`, `${door}-1`], runsHandlers: door === 'executor' },
      };
    }),
  );
}

/** The functions that were given code, and what of it was asked for. */
let given: { readonly name: string; readonly files: Record<string, Uint8Array> }[] = [];
let aliases: string[] = [];
const lambda = {
  async send(command: object) {
    if (command instanceof UpdateFunctionCodeCommand) {
      const { FunctionName: name = '', ZipFile = new Uint8Array() } = command.input;
      given.push({ name, files: unzipSync(ZipFile) });
    }
    if (command instanceof UpdateAliasCommand)
      aliases.push(`${command.input.FunctionName} ${command.input.FunctionVersion}`);
    return { Aliases: [{ Name: 'live', FunctionVersion: '3' }] };
  },
} as unknown as LambdaClient;

const names = () => given.map(({ name }) => name).toSorted();
const textGiven = () =>
  given.flatMap(({ files }) => Object.values(files).map((data) => Buffer.from(data).toString())).join();

let code: LiveCode;
const deployed = async (isDeployed = true) => code.begin(await synthesized(), { isDeployed });
beforeEach(async () => {
  await rm(file('placed.json'), { force: true });
  await save('index.ts', "export const load = () => import('./ask.ts');\n");
  await saveAnswer("'first'");
  await save('ask.ts', ask(''));
  code = new LiveCode(new PlacedCode(lambda, file('placed.json')), project, file('scratch'));
  await deployed();
  await code.update([]);
  [given, aliases] = [[], []];
  return () => code.dispose();
});

test('executors have what a definition imports at once, the others after them, and what no build makes stays', async () => {
  await saveAnswer("'second'");
  expect(await code.update([file('answer.ts')])).toEqual({ isInPlace: true, problems: [], needsSynth: false });
  expect(names()).toEqual(['executor-0', 'executor-1']);
  expect(textGiven()).toContain('second');
  expect(Object.keys(given[0]?.files ?? {})).toContain('node_modules/whole/package.json');
  expect(aliases.toSorted()).toEqual(['executor-0 $LATEST', 'executor-1 $LATEST']);
  expect(code.isUnfinished).toBe(true);
  await code.update([]);
  expect(names()).toEqual(['executor-0', 'executor-1', 'router-0', 'router-1']);
  expect(code.isUnfinished).toBe(false);
});

test('the router has at once what a definition tells by the API, and that alone needs no synth', async () => {
  await save('ask.ts', ask('', "'B'"));
  expect(await code.update([file('ask.ts')])).toMatchObject({ isInPlace: true, needsSynth: false });
  expect(names()).toContain('router-1');
});

test('a definition that says something else for a template asks for a synth', async () => {
  await save('ask.ts', ask("resources: 'large',"));
  expect(await code.update([file('ask.ts')])).toMatchObject({ isInPlace: true, needsSynth: true });
});

test('a package that no synth has seen to asks for one, and is not put in place', async () => {
  const [executor, router] = await synthesized();
  if (executor === undefined || router === undefined) throw new Error('no bundles');
  await code.begin([{ ...executor, build: { ...executor.build, external: ['whole'] } }, router], { isDeployed: true });
  await save(
    'answer.ts',
    "import whole from 'whole';\nimport fs from 'node:fs';\nexport const answer = [whole, fs];\n",
  );
  expect(await code.update([file('answer.ts')])).toEqual({ isInPlace: false, problems: [], needsSynth: true });
  expect(names()).toEqual([]);
});

test.each([
  ['cannot be built', "'never' +", /^answer\.ts:1: Unexpected ";"$/],
  [
    'throws',
    "(() => { throw new Error('no settings'); })()",
    /^ask\.ts cannot be imported: it threw Error: no settings/,
  ],
  ['ends the process', 'process.exit(3)', /^ask\.ts cannot be imported: it ends the process \(exit code 3\)$/],
])('what %s is told, changes nothing, and is healed by the next save', async (_what, answer, sentence) => {
  await saveAnswer(answer);
  const { isInPlace, problems } = await code.update([file('answer.ts')]);
  expect({ isInPlace, problems }).toEqual({ isInPlace: false, problems: [expect.stringMatching(sentence)] });
  expect(names()).toEqual([]);
  await save('other.ts', "export const answer = 'healed';\n");
  await save('answer.ts', "export { answer } from './other.ts';\n");
  // It is of no bundle yet, but what is broken is built again with each save.
  expect(await code.update([file('other.ts')])).toMatchObject({ isInPlace: true, problems: [] });
  expect(textGiven()).toContain('healed');
});

test('a run puts in place what the run before has left otherwise, and no more', async () => {
  await saveAnswer("'second'");
  await code.update([file('answer.ts')]);
  await code.update([]);
  await code.dispose();
  given = [];
  code = new LiveCode(new PlacedCode(lambda, file('placed.json')), project, file('scratch'));
  await deployed();
  expect(names()).toEqual([]);
  await saveAnswer("'first'");
  await deployed();
  expect(names()).toEqual(['executor-0', 'executor-1', 'router-0', 'router-1']);
});

test('a deploy that is taken back leaves code behind, so that all is put in place again', async () => {
  await code.restore();
  expect(names()).toEqual(['executor-0', 'executor-1', 'router-0', 'router-1']);
});

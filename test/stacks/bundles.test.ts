import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { ENV } from '../../functions/contract.ts';
import { fail, type SingleTaskDefinition, type TaskContext } from '../../functions/core/define-task.ts';
import { HandlerThreads } from '../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { bundle } from '../../lib/constructs/bundle.ts';
import { imageResize } from '../../tasks/image-resize/definition.ts';
import { png } from '../doubles/png.ts';
import { discovered } from '../doubles/shipped-tasks.ts';

const DOORS = ['router', 'waiter', 'executor', 'authorizer'] as const;
/** The others, which have no handler by that name, or need an environment of their own. */
const CLOCKS_AND_STREAMS = ['projector', 'control'] as const;

/** A library cannot be without such text, minified or not. */
const TRACES = {
  marked: 'github.com/markedjs/marked',
  'sanitize-html': 'allowedSchemesByTag',
  'csv-parse': 'CSV_INVALID',
  undici: 'UND_ERR_',
  'http-cache-semantics': 'rfc7234 5.5.4',
};

const ON_DEMAND = [
  '@aws-lambda-powertools/tracer',
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-lambda',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-xray',
  'aws-xray-sdk-core',
];

/** The client of an operation has its name: one of each that is loaded on demand. */
const OPERATIONS_ON_DEMAND = ['FilterLogEvents', 'ListEventSourceMappings', 'PutTraceSegments', 'GetBucketLocation'];

const outdir = mkdtempSync(join(tmpdir(), 'millrace-bundles-'));
afterAll(() => rmSync(outdir, { recursive: true }));

const stack = new Stack(new App({ outdir }), 'Bundles');
for (const door of [...DOORS, ...CLOCKS_AND_STREAMS]) bundle(stack, door, { tasks: discovered });

const directoryOf = (door: string) => join(outdir, `bundle.${door}`);
const chunksOf = (door: string) => readdirSync(directoryOf(door)).filter((name) => name.endsWith('.mjs'));
/** Returns the packages beside a door, as their files name them. */
const packagesOf = (door: string) =>
  readdirSync(join(directoryOf(door), 'node_modules'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('package.json'))
    .map(dirname)
    .toSorted();
const chunk = (door: string, file: string) => readFileSync(join(directoryOf(door), file), 'utf8');
const tracesIn = (door: string, files: Iterable<string>) => {
  const code = [...files].map((file) => chunk(door, file)).join('\n');
  return Object.entries(TRACES).flatMap(([library, trace]) => (code.includes(trace) ? [library] : []));
};

/** Returns the chunks that are loaded with a door whether it needs them or not: a dynamic import is not followed. */
function loadedAtStart(door: string, file = 'index.mjs', seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = chunk(door, file).matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.mjs)["']/g);
  for (const [, imported = ''] of imports) loadedAtStart(door, imported, seen);
  return seen;
}

describe('the bundles', () => {
  test.each(DOORS)('start without what handlers are made of: %s', (door) => {
    expect(loadedAtStart(door).size).toBeGreaterThan(1);
    expect(tracesIn(door, loadedAtStart(door))).toEqual([]);
  });

  test.each([...DOORS, ...CLOCKS_AND_STREAMS])('start without the clients that are loaded on demand: %s', (door) => {
    const code = [...loadedAtStart(door)].map((file) => chunk(door, file)).join('\n');
    expect(OPERATIONS_ON_DEMAND.filter((operation) => code.includes(`"${operation}"`))).toEqual([]);
  });

  test('leave outgoing HTTP to the executor: what it shares with a door would be one more file to load', () => {
    expect(tracesIn('router', chunksOf('router'))).not.toContain('undici');
  });

  test('have the handlers and their libraries for when they are needed', () => {
    expect(tracesIn('executor', chunksOf('executor'))).toEqual(Object.keys(TRACES));
  });

  test('have beside them the packages that they load on demand, and these load', () => {
    expect(packagesOf('router')).toEqual(ON_DEMAND);
    const script = `console.log(...(await Promise.all(${JSON.stringify(ON_DEMAND)}.map((name) => import(name)))).map(({ S3Client, XRayClient, CloudWatchLogsClient, Lambda, Tracer, default: xray }) => typeof (S3Client ?? XRayClient ?? CloudWatchLogsClient ?? Lambda ?? Tracer ?? xray.Segment)))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: directoryOf('router'),
    });
    expect({ stdout, stderr }).toEqual({
      stdout: 'function function function function function function\n',
      stderr: '',
    });
  });

  test('record in one place what the tracer and we know of a trace', () => {
    const script =
      "const [{ Tracer }, { default: xray }] = await Promise.all([import('@aws-lambda-powertools/tracer'), import('aws-xray-sdk-core')]);" +
      "xray.setLogger({ error: () => console.log('ours'), warn() {}, info() {}, debug() {} });" +
      "new Tracer({ serviceName: 'millrace' }).provider.setContextMissingStrategy('LOG_ERROR'); xray.getSegment();";
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: directoryOf('router'),
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'ours\n', stderr: '' });
  });

  test.each(DOORS)('load in Node and hand Lambda a handler: %s', (door) => {
    const script = `import(${JSON.stringify(join(directoryOf(door), 'index.mjs'))}).then((door) => console.log(typeof door.handler))`;
    const environment = Object.fromEntries(
      Object.values(ENV).map((name) => [name, name === ENV.resourceClass ? 'default' : '1']),
    );
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...environment, AWS_REGION: 'us-east-1', POWERTOOLS_SERVICE_NAME: 'millrace' },
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'function\n', stderr: '' });
  });

  test('have the threads of the executor, which run the handlers of the deployment', async () => {
    const entry = pathToFileURL(join(directoryOf('executor'), 'thread.mjs'));
    const { isolate } = new HandlerThreads(entry, { outboundHosts: '' }, () => {}, RESOURCE_CLASS_SPECS);
    const task = { id: 'a', tenantId: 'acme', type: 'image.resize', attempt: 1, maxAttempts: 1 };
    const signal = AbortSignal.timeout(10_000);
    const ctx = { task, signal, http: { request: fail }, log: fail, fail } as unknown as TaskContext;
    // Its library is not in a chunk: it is shipped as it is, and found beside them.
    const input = { image: png(64, 32).toString('base64'), width: 16 };
    expect(await isolate(imageResize as SingleTaskDefinition, { handler: 'run', input }, ctx)).toMatchObject({
      width: 16,
      height: 8,
    });
    expect(packagesOf('router')).not.toContain('@imagemagick/magick-wasm');
  });

  test.each(DOORS)('name the lines of our sources in a stack, and do not carry the sources: %s', (door) => {
    for (const file of chunksOf(door)) {
      const { sources, sourcesContent } = JSON.parse(chunk(door, `${file}.map`));
      expect(
        sources.filter(
          (source: string) => !/^\.\.\/\.\.\/(functions|tasks|node_modules|\.millrace\/catalogs)\//.test(source),
        ),
      ).toEqual([]);
      expect(sourcesContent).toBeUndefined();
    }
  });

  test.each([
    ['by the package of all ways', "import { fromTemporaryCredentials as load } from '@aws-sdk/credential-providers';"],
    ['by one way', "import { fromTokenFile as load } from '@aws-sdk/credential-provider-web-identity';"],
    ['later', "const { fromIni: load } = await import('@aws-sdk/credential-provider-ini');"],
  ])('have the ways to credentials where a handler gets some of its own: %s', (name, line) => {
    // From here the packages of this repository are found, as those of a team are from its tasks.
    const team = mkdtempSync(join(process.cwd(), '.millrace/credentials-'));
    onTestFinished(() => rmSync(team, { recursive: true }));
    const ways = ['ini', 'web-identity'].map((way) => `export * from '@aws-sdk/credential-provider-${way}';`);
    const files = {
      'package.json': JSON.stringify({ type: 'module', main: 'index.js' }),
      'index.js': `${ways.join('\n')}\nexport const fromTemporaryCredentials = () => 'found';\n`,
    };
    const folder = join(team, 'node_modules/@aws-sdk/credential-providers');
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    const catalogFile = join(team, 'catalog.ts');
    writeFileSync(catalogFile, `${line}\nexport const tasks = { load };\nexport const schedules = [];\n`);
    const there = mkdtempSync(join(outdir, 'credentials-'));
    bundle(new Stack(new App({ outdir: there }), 'Bundles'), 'executor', { tasks: { ...discovered, catalogFile } });
    const chunks = readdirSync(join(there, 'bundle.executor')).filter((file) => file.endsWith('.mjs'));
    const code = chunks.map((file) => readFileSync(join(there, 'bundle.executor', file), 'utf8'));
    expect(
      code.filter((text) => /(from|import\()\s*"@aws-sdk\/credential-provider-/.test(text)),
      name,
    ).toEqual([]);
    expect(JSON.stringify(chunksOf('executor').map((file) => chunk('executor', file)))).toMatch(
      /credential-provider-ini/,
    );
  });

  test('are the same code from one synth to the next, so that a deploy changes only what changed', () => {
    const again = mkdtempSync(join(outdir, 'again-'));
    mkdirSync(join(again, 'bundle.authorizer'));
    writeFileSync(join(again, 'bundle.authorizer/chunk-OLD.mjs'), 'left by an earlier synth');
    bundle(new Stack(new App({ outdir: again }), 'Bundles'), 'authorizer');
    const contentsOf = (directory: string) =>
      readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]);
    expect(contentsOf(join(again, 'bundle.authorizer'))).toEqual(contentsOf(directoryOf('authorizer')));
  });
});

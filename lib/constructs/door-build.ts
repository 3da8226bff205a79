import { basename, extname, join, relative } from 'node:path';
import { type BuildOptions, type BuildResult, buildSync, type Metafile } from 'esbuild';

/** Contents by path below the directory of a bundle. */
export type BundledFiles = Readonly<Record<string, Uint8Array>>;

const root = join(import.meta.dirname, '../..');

/** The sources of functions are TypeScript in this repository, and JavaScript in the package. */
export const SOURCE_ENDING = extname(import.meta.filename);

/** Doors import the task types of a deployment by this name; a bundle has a module of the deployment in its place. */
export const TASK_CATALOG = 'millrace:tasks';

/** A CommonJS dependency finds `require` only where the bundle brings it. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Packages that a door loads when it first needs them, if ever. They are bundled apart: of what they share with a door,
 * esbuild would make chunks, and each is one more file that every cold start has to load.
 */
const ON_DEMAND = [
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-lambda',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-xray',
  '@aws-lambda-powertools/parameters/secrets',
  '@aws-lambda-powertools/parameters/ssm',
  '@aws-lambda-powertools/tracer',
  'aws-xray-sdk-core',
];

/** Where the SDK would look for credentials next: Lambda gives its functions theirs in the environment, where it looks first. */
const OTHER_CREDENTIALS: readonly string[] = [
  ...['http', 'ini', 'login', 'process', 'sso', 'web-identity'].map((name) => `@aws-sdk/credential-provider-${name}`),
  '@smithy/credential-provider-imds',
];

const OF_SDK = /(^|\/)node_modules\/@(aws-sdk|smithy)\//;

/**
 * Says whether code has left out what it needs of credentials: that of a team that gets some of its own, mostly by
 * `@aws-sdk/credential-providers`. The clients of the SDK would load it one day, and do not.
 */
export const lacksCredentials = ({ inputs }: Metafile): boolean =>
  Object.entries(inputs).some(([file, { imports }]) =>
    imports.some(
      ({ path, kind, external }) =>
        external === true && OTHER_CREDENTIALS.includes(path) && (kind !== 'dynamic-import' || !OF_SDK.test(file)),
    ),
  );

/** Returns what a build leaves out that lacks credentials otherwise. */
export const besideCredentials = (external: readonly string[]): string[] =>
  external.filter((name) => !OTHER_CREDENTIALS.includes(name));

/**
 * Packages that are more than their code, with the files that are needed of them: they are shipped as they are, for the
 * doors whose threads run handlers. (Only `buildSync` fits into a synth, and it takes no plugin that would embed them.)
 */
export const SHIPPED_WHOLE: Readonly<Record<string, readonly string[]>> = {
  '@imagemagick/magick-wasm': ['package.json', 'dist/index.js', 'dist/x86/magick.wasm', 'LICENSE', 'NOTICE'],
};

/** The code of doors is built as ES modules for Node 24; what is imported dynamically is a chunk of its own. */
export const DOOR_BUILD = {
  write: false,
  bundle: true,
  splitting: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  banner: { js: REQUIRE },
  minify: true,
  // Whoever reads a logged stack needs them; Node itself does not read them, which would slow a cold start by an eighth.
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'error',
  external: [...ON_DEMAND, ...OTHER_CREDENTIALS, ...Object.keys(SHIPPED_WHOLE)],
} as const satisfies BuildOptions;

type Built = BuildResult<{ write: false; metafile: true }>;

/** Returns what a build has made, and the packages that it loads on demand. */
export function filesOf({ outputFiles, metafile }: Built): BundledFiles {
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return {
    ...Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents])),
    ...onDemand(ON_DEMAND.filter((name) => imported.includes(name))),
  };
}

/** Builds packages as a door finds them below its own directory; what they share is there once. */
function onDemand(names: readonly string[]): BundledFiles {
  if (names.length === 0) return {};
  const outdir = join(root, 'dist/on-demand');
  const { outputFiles } = buildSync({
    ...DOOR_BUILD,
    entryPoints: names.map((name) => ({ in: name, out: `${name}/index` })),
    absWorkingDir: root,
    outdir,
    external: [...OTHER_CREDENTIALS],
    // The X-Ray SDK's own way to know the segment under way hooks every asynchronous step of the process.
    alias: { 'cls-hooked/context': join(root, `functions/runtime/tracing/async-context${SOURCE_ENDING}`) },
  });
  return {
    ...Object.fromEntries(
      [...Map.groupBy(names, packageOf)].map(([name, entries]) => [
        `node_modules/${name}/package.json`,
        manifestOf(name, entries),
      ]),
    ),
    ...Object.fromEntries(
      outputFiles.map(({ path, contents }) => [`node_modules/${relative(outdir, path)}`, contents]),
    ),
  };
}

/** Returns the package of a name that may be of a part of it: `@scope/name/part`. */
export const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** Writes the manifest of a package of which these entries were built. */
function manifestOf(name: string, entries: readonly string[]): Uint8Array {
  const exported = entries.map((entry) => entry.slice(name.length));
  const exports = Object.fromEntries(exported.map((path) => [`.${path}`, `.${path}/index.mjs`]));
  return new TextEncoder().encode(JSON.stringify({ exports }));
}

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Stack, Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import type { DiscoveredTasks } from '../task-discovery.ts';
import type { TaskMetadata } from '../task-metadata.ts';
import {
  type BundledFiles,
  besideCredentials,
  DOOR_BUILD,
  filesOf,
  lacksCredentials,
  SHIPPED_WHOLE,
  SOURCE_ENDING,
  TASK_CATALOG,
} from './door-build.ts';
import { installNativePackages } from './native-packages.ts';

const root = join(import.meta.dirname, '../..');

export type BundleOptions = {
  /** The function that is to run it. */
  readonly functionName?: string;
  /** The task types, for a door that knows them. */
  readonly tasks?: DiscoveredTasks | undefined;
  /** What goes with the code, by path. */
  readonly files?: BundledFiles | undefined;
};

/** Stands for the code of a function in a template that nobody deploys. */
const NO_CODE = 'not bundled';

/**
 * What a bundle is made of, and who runs it: whoever follows the files of the project finds it beside the bundle, as
 * `bundle.<door>.json`. None of it is deployed.
 */
export type BundleRecord = {
  /** What esbuild was told, the files that it has read, from the project's directory on, and what it has left to be imported, and how. */
  readonly build: BuildOptions;
  readonly inputs: readonly string[];
  readonly externals: readonly string[];
  readonly definitions: readonly TaskMetadata[];
  readonly functionNames: readonly string[];
  /** Whether the handlers of tasks run in it, which others only load with their definitions. */
  readonly runsHandlers: boolean;
};

type Bundle = { readonly directory: string; readonly record: BundleRecord };
const bundles = new WeakMap<Stage, Map<string, Bundle>>();

/**
 * Bundles the code of a door (`functions/<door>/index.ts`), and of its threads if it has any (`thread.ts`). Each door is bundled
 * once in a synth for the same task types; and not at all where the CDK wants no code, as for `cdk list` and `cdk destroy`.
 */
export function bundle(scope: Construct, door: string, options: BundleOptions = {}): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromInline(NO_CODE);
  const { functionName, tasks } = options;
  const stage = Stage.of(scope) as Stage;
  const bundled = bundles.get(stage) ?? new Map<string, Bundle>();
  bundles.set(stage, bundled);
  const key = JSON.stringify([door, tasks?.catalogFile, tasks?.nativePackages]);
  const others = [...bundled.keys()].filter((other) => other !== key && JSON.parse(other)[0] === door).length;
  const name = `bundle.${door}${others === 0 ? '' : `.${others}`}`;
  const { directory, record } = bundled.get(key) ?? writeBundle(join(stage.outdir, name), door, options);
  const functionNames = [...record.functionNames, ...(functionName === undefined ? [] : [functionName])];
  bundled.set(key, { directory, record: { ...record, functionNames } });
  writeFileSync(`${directory}.json`, JSON.stringify({ ...record, functionNames }));
  return Code.fromAsset(directory);
}

function writeBundle(directory: string, door: string, { tasks, files = {} }: BundleOptions): Bundle {
  const project = process.cwd();
  const asked = {
    ...DOOR_BUILD,
    absWorkingDir: project,
    entryPoints: ['index', 'thread']
      .map((file) => join(root, 'functions', door, `${file}${SOURCE_ENDING}`))
      .filter(existsSync),
    ...(tasks && { alias: { [TASK_CATALOG]: tasks.catalogFile } }),
    external: [...DOOR_BUILD.external, ...(tasks?.nativePackages ?? [])],
    // Source maps tell files from here: two levels below the project, as /var/task is, and not wherever a synth writes.
    outdir: join(project, 'dist', door),
  } satisfies BuildOptions;
  const tried = buildSync(asked);
  const isWhole = !lacksCredentials(tried.metafile);
  const build = isWhole ? asked : { ...asked, external: besideCredentials(asked.external) };
  const built = isWhole ? tried : buildSync(build);
  // A chunk's name has its hash: those of an earlier synth would be deployed too.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const runsHandlers = existsSync(join(root, 'functions', door, `thread${SOURCE_ENDING}`));
  const written = {
    ...files,
    ...(runsHandlers && filesOfPackages(project, built.metafile)),
    ...filesOf(built),
  };
  for (const [path, contents] of Object.entries(written)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), contents);
  }
  // A door that runs no handlers loads definitions, and with them what these import at once.
  const native = (tasks?.nativePackages ?? []).filter((name) => runsHandlers || isLoadedAtOnce(name, built.metafile));
  if (native.length > 0) {
    const installed = join(installNativePackages(project, native), 'node_modules');
    cpSync(installed, join(directory, 'node_modules'), { recursive: true });
  }
  const record: BundleRecord = {
    build,
    inputs: Object.keys(built.metafile.inputs),
    externals: importsOf(built.metafile).flatMap(({ kind, path, external }) =>
      external === true ? [`${kind} ${path}`] : [],
    ),
    definitions: tasks?.definitions ?? [],
    functionNames: [],
    runsHandlers,
  };
  return { directory, record };
}

const importsOf = ({ outputs }: Metafile) => Object.values(outputs).flatMap(({ imports }) => imports);

const isLoadedAtOnce = (name: string, metafile: Metafile): boolean =>
  importsOf(metafile).some(
    ({ path, kind }) => (path === name || path.startsWith(`${name}/`)) && kind !== 'dynamic-import',
  );

/** Reads what is needed of the packages that are shipped as they are, where a handler imports them. */
function filesOfPackages(project: string, metafile: Metafile): BundledFiles {
  const imported = new Set(importsOf(metafile).map(({ path }) => path));
  const paths = Object.entries(SHIPPED_WHOLE).flatMap(([name, files]) =>
    imported.has(name) ? files.map((file) => join('node_modules', name, file)) : [],
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(project, path))]));
}

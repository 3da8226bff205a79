import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Stack, Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync, type Metafile } from 'esbuild';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { type BundledFiles, DOOR_BUILD, filesOf, SHIPPED_WHOLE, SOURCE_ENDING, TASK_CATALOG } from './door-build.ts';
import { installNativePackages } from './native-packages.ts';

const root = join(import.meta.dirname, '../..');
const bundles = new WeakMap<Stage, Map<string, string>>();

export type BundleOptions = {
  /** The task types, for a door that knows them. */
  readonly tasks?: DiscoveredTasks | undefined;
  /** What goes with the code, by path. */
  readonly files?: BundledFiles | undefined;
};

/** Stands for the code of a function in a template that nobody deploys. */
const NO_CODE = 'not bundled';

/**
 * Bundles the code of a door (`functions/<door>/index.ts`), and of its threads if it has any (`thread.ts`). Each door is bundled
 * once in a synth for the same task types; and not at all where the CDK wants no code, as for `cdk list` and `cdk destroy`.
 */
export function bundle(scope: Construct, door: string, { tasks, files = {} }: BundleOptions = {}): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromInline(NO_CODE);
  const stage = Stage.of(scope) as Stage;
  const bundled = bundles.get(stage) ?? new Map<string, string>();
  bundles.set(stage, bundled);
  const key = JSON.stringify([door, tasks?.catalogFile, tasks?.nativePackages]);
  let directory = bundled.get(key);
  if (directory === undefined) {
    const others = [...bundled.keys()].filter((other) => JSON.parse(other)[0] === door).length;
    directory = join(stage.outdir, `bundle.${door}${others === 0 ? '' : `.${others}`}`);
    writeBundle(directory, door, { tasks, files });
    bundled.set(key, directory);
  }
  return Code.fromAsset(directory);
}

function writeBundle(directory: string, door: string, { tasks, files }: BundleOptions): void {
  const project = process.cwd();
  const built = buildSync({
    ...DOOR_BUILD,
    entryPoints: ['index', 'thread']
      .map((file) => join(root, 'functions', door, `${file}${SOURCE_ENDING}`))
      .filter(existsSync),
    ...(tasks && { alias: { [TASK_CATALOG]: tasks.catalogFile } }),
    external: [...DOOR_BUILD.external, ...(tasks?.nativePackages ?? [])],
    // Source maps tell files from here: two levels below the project, as /var/task is, and not wherever a synth writes.
    outdir: join(project, 'dist', door),
  });
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
  if (native.length === 0) return;
  cpSync(join(installNativePackages(project, native), 'node_modules'), join(directory, 'node_modules'), {
    recursive: true,
  });
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

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { type BundledFiles, DOOR_BUILD, filesOf, SHIPPED_WHOLE, TASK_CATALOG } from './door-build.ts';

const root = join(import.meta.dirname, '../..');
/** Functions are TypeScript here, and JavaScript in the package. */
const ending = extname(import.meta.filename);
const bundles = new WeakMap<Stage, Map<string, string>>();

export type BundleOptions = {
  /** The task types, for a door that knows them. */
  readonly tasks?: DiscoveredTasks | undefined;
  /** What goes with the code, by path. */
  readonly files?: BundledFiles | undefined;
};

/**
 * Bundles the code of a door (`functions/<door>/index.ts`), and of its threads if it has any (`thread.ts`). Each door is bundled
 * once in a synth.
 */
export function bundle(scope: Construct, door: string, { tasks, files = {} }: BundleOptions = {}): Code {
  const stage = Stage.of(scope) as Stage;
  const bundled = bundles.get(stage) ?? new Map<string, string>();
  bundles.set(stage, bundled);
  let directory = bundled.get(door);
  if (directory === undefined) {
    directory = join(stage.outdir, `bundle.${door}`);
    const built = buildSync({
      ...DOOR_BUILD,
      entryPoints: ['index', 'thread']
        .map((file) => join(root, 'functions', door, `${file}${ending}`))
        .filter(existsSync),
      ...(tasks && { alias: { [TASK_CATALOG]: tasks.catalogFile } }),
      // Source maps tell files from here: two levels below the project, as /var/task is, and not wherever a synth writes.
      outdir: join(process.cwd(), 'dist', door),
    });
    // A chunk's name has its hash: those of an earlier synth would be deployed too.
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const written = {
      ...files,
      ...(existsSync(join(root, 'functions', door, `thread${ending}`)) && filesOfPackages()),
      ...filesOf(built),
    };
    for (const [path, contents] of Object.entries(written)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), contents);
    }
    bundled.set(door, directory);
  }
  return Code.fromAsset(directory);
}

function filesOfPackages(): BundledFiles {
  const paths = Object.entries(SHIPPED_WHOLE).flatMap(([name, files]) =>
    files.map((file) => join('node_modules', name, file)),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path))]));
}

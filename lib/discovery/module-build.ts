import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import { ConfigError } from '../config-error.ts';
import { DOOR_BUILD } from '../constructs/door-build.ts';
import { nativePackageProblems } from '../constructs/native-packages.ts';
import { buildProblems } from './build-problems.ts';

/** A module that may export definitions, and where it has been built to. */
export type Module = { readonly file: string; readonly bundle: string; readonly isCommonJs: boolean };

export type BuiltModules = {
  /** Each comes behind those that it imports: of a re-exported definition, the module that defines it is first. */
  readonly modules: readonly Module[];
  /** All files that they are made of, packages among them, as paths from the project's directory on. */
  readonly inputs: readonly string[];
  /** Removes what was built. */
  readonly remove: () => void;
};

/**
 * Builds modules as those of a function are built, for this process to import: so the syntax, the `tsconfig.json` and the packages
 * that work there work here. Modules without an export are left out, as whatever they do is not for a synth.
 */
export function buildModules(
  project: string,
  files: readonly string[],
  nativePackages: readonly string[] = [],
): BuiltModules {
  const scratch = join(project, '.millrace');
  mkdirSync(scratch, { recursive: true });
  // Packages that are not bundled are found from within the project.
  const outdir = mkdtempSync(join(scratch, 'inspection-'));
  const remove = (): void => rmSync(outdir, { recursive: true, force: true });
  try {
    const { metafile } = buildSync({
      ...DOOR_BUILD,
      absWorkingDir: project,
      entryPoints: files.map((file, index) => ({ in: `./${file}`, out: String(index) })),
      outdir,
      write: true,
      minify: false,
      external: [...DOOR_BUILD.external, ...nativePackages],
      loader: { '.node': 'empty' },
      logLevel: 'silent',
    });
    const problems = nativePackageProblems(project, metafile);
    if (problems.length > 0) throw new ConfigError(problems.join('\n'));
    return { modules: modulesOf(metafile, files, outdir), inputs: Object.keys(metafile.inputs), remove };
  } catch (error) {
    remove();
    throw new ConfigError(buildProblems(error, project).join('\n'));
  }
}

function modulesOf({ inputs, outputs }: Metafile, files: readonly string[], outdir: string): Module[] {
  const exporting = new Map(
    Object.entries(outputs).flatMap(([, { entryPoint, exports }]) =>
      entryPoint === undefined || exports.length === 0
        ? []
        : [[entryPoint, inputs[entryPoint]?.format === 'cjs'] as const],
    ),
  );
  return inImportOrder(inputs, files).flatMap((file) => {
    const isCommonJs = exporting.get(file);
    // What is imported dynamically is a module of its own in a build, of a package too.
    if (isCommonJs === undefined || !files.includes(file)) return [];
    return [{ file, bundle: join(outdir, `${files.indexOf(file)}.mjs`), isCommonJs }];
  });
}

/** Returns files, and all that they import, each behind what it imports itself. */
export function inImportOrder(inputs: Metafile['inputs'], files: readonly string[]): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, external } of inputs[file]?.imports ?? []) if (external !== true) visit(path);
    order.push(file);
  };
  files.forEach(visit);
  return order;
}

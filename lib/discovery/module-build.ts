import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildFailure, buildSync, type Message, type Metafile } from 'esbuild';
import { ConfigError } from '../config-error.ts';
import { DOOR_BUILD, packageOf } from '../constructs/door-build.ts';
import { nativeFailure, nativePackageProblems } from '../constructs/native-packages.ts';

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
    if (!isBuildFailure(error)) throw error;
    const sentences = error.errors.map(
      (message) => nativeFailure(project, message.location?.file ?? '') ?? sentenceOf(message),
    );
    throw new ConfigError([...new Set(sentences)].join('\n'));
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
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, external } of inputs[file]?.imports ?? []) if (external !== true) visit(path);
    order.push(file);
  };
  files.forEach(visit);
  return order.flatMap((file) => {
    const isCommonJs = exporting.get(file);
    // What is imported dynamically is a module of its own in a build, of a package too.
    if (isCommonJs === undefined || !files.includes(file)) return [];
    return [{ file, bundle: join(outdir, `${files.indexOf(file)}.mjs`), isCommonJs }];
  });
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors);

/** Says in a sentence what keeps a file from being bundled, beginning with its place. */
function sentenceOf({ location, text }: Message): string {
  const place = location === null ? '' : `${location.file}:${location.line}: `;
  return `${place}${reasonOf(text)}`;
}

function reasonOf(text: string): string {
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  if (missing === undefined) return text;
  if (/^[./]/.test(missing)) return `there is no file ${missing}`;
  const name = packageOf(missing);
  return `there is no package ${name}: add it by \`npm install ${name}\``;
}

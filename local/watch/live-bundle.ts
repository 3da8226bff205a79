import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type BuildContext, context, type Metafile } from 'esbuild';
import { zipSync } from 'fflate';
import { inImportOrder, type Module } from '../../lib/discovery/module-build.ts';
import type { Bundle } from './bundles.ts';

/** Contents by path below the directory of a bundle. */
type Files = Readonly<Record<string, Uint8Array>>;

/** What has been built, and is not yet taken as the code. */
export type Build = {
  readonly modules: Files;
  /** Modules of definitions that are not as they were, where their handlers run. */
  readonly definitions: readonly Module[];
  /** Whether it needs packages beside it that it did not need before: those come from a synth. */
  readonly needsPackages: boolean;
};

/** These are what a build makes: all else of a bundle is as its synth has left it. */
const MODULE = /^[^/]+\.mjs(\.map)?$/;
/** The same files make the same archive, whenever that is. */
const MODIFIED = new Date(2000, 0, 1);

/** A bundle that is built again when a file of it changes, of which only that is read anew. */
export class LiveBundle {
  readonly bundle: Bundle;
  readonly #directory: string;
  readonly #others: Files;
  #modules: Files;
  #inputs: ReadonlySet<string>;
  #esbuild: Promise<BuildContext> | undefined;

  private constructor(bundle: Bundle, directory: string, files: [string, Uint8Array][]) {
    this.bundle = bundle;
    this.#directory = directory;
    this.#modules = Object.fromEntries(files.filter(([path]) => MODULE.test(path)));
    this.#others = Object.fromEntries(files.filter(([path]) => !MODULE.test(path)));
    this.#inputs = this.#absolute(bundle.inputs);
  }

  /** Begins with what a synth has bundled. What is built lies in `directory`, with all that it may load. */
  static async of(bundle: Bundle, directory: string): Promise<LiveBundle> {
    const entries = await readdir(bundle.directory, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const files = paths.map(
      async (path): Promise<[string, Uint8Array]> => [relative(bundle.directory, path), await readFile(path)],
    );
    return new LiveBundle(bundle, directory, await Promise.all(files));
  }

  /** The files that the last build has read, by absolute path. */
  get inputs(): ReadonlySet<string> {
    return this.#inputs;
  }

  /** Builds it again. Rejects with esbuild's `BuildFailure`. */
  async rebuild(): Promise<Build> {
    this.#esbuild ??= this.#open();
    const { outputFiles = [], metafile = { inputs: {}, outputs: {} } } = await (await this.#esbuild).rebuild();
    this.#inputs = this.#absolute(Object.keys(metafile.inputs));
    const modules = Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents]));
    await this.#write(modules);
    return { modules, definitions: this.#changedDefinitions(metafile), needsPackages: this.#needsPackages(metafile) };
  }

  take({ modules }: Build): void {
    this.#modules = modules;
  }

  /** Returns a build, or what was taken last, as Lambda takes code. */
  archive({ modules }: Pick<Build, 'modules'> = { modules: this.#modules }): Uint8Array {
    return zipSync({ ...this.#others, ...modules }, { level: 0, mtime: MODIFIED });
  }

  async dispose(): Promise<void> {
    if (this.#esbuild === undefined) return;
    await (await this.#esbuild).dispose();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #open(): Promise<BuildContext> {
    await rm(this.#directory, { recursive: true, force: true });
    await this.#write({ ...this.#others, ...this.#modules });
    return context({ ...this.bundle.build, logLevel: 'silent' });
  }

  async #write(files: Files): Promise<void> {
    const written = Object.entries(files).map(async ([path, contents]) => {
      await mkdir(dirname(join(this.#directory, path)), { recursive: true });
      await writeFile(join(this.#directory, path), contents);
    });
    await Promise.all(written);
  }

  #absolute(paths: readonly string[]): ReadonlySet<string> {
    const { absWorkingDir = '' } = this.bundle.build;
    return new Set(paths.map((path) => resolve(absWorkingDir, path)));
  }

  /** Finds them by the names of their chunks, which have the hash of what is in them, and of what that imports. */
  #changedDefinitions({ inputs, outputs }: Metafile): Module[] {
    const chunks = new Map(Object.entries(outputs).map(([path, { entryPoint }]) => [entryPoint, basename(path)]));
    const chunkOf = (file: string): string => chunks.get(file) ?? '';
    const known = this.bundle.runsHandlers ? this.bundle.definitions.map(({ file }) => file) : [];
    const files = known.filter((file) => chunks.has(file));
    const changed = files.filter((file) => this.#modules[chunkOf(file)] === undefined);
    // With those that they import: a definition is told by the file that has it.
    const loaded = inImportOrder(inputs, changed).filter((file) => files.includes(file));
    return loaded.map((file) => ({
      file,
      bundle: join(this.#directory, chunkOf(file)),
      isCommonJs: inputs[file]?.format === 'cjs',
    }));
  }

  #needsPackages({ outputs }: Metafile): boolean {
    const { externals } = this.bundle;
    return Object.values(outputs)
      .flatMap(({ imports }) => imports)
      .some(
        ({ kind, path, external }) => external === true && !isBuiltin(path) && !externals.includes(`${kind} ${path}`),
      );
  }
}

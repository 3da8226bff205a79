import { join } from 'node:path';
import { buildProblems } from '../../lib/discovery/build-problems.ts';
import { inspectModules } from '../../lib/discovery/inspection.ts';
import type { Module } from '../../lib/discovery/module-build.ts';
import type { Bundle, Definition } from './bundles.ts';
import { type Build, LiveBundle } from './live-bundle.ts';
import type { PlacedCode } from './placed-code.ts';

/** What has become of changed files. */
export type Update = {
  /** Whether functions have been given other code than before. */
  readonly isInPlace: boolean;
  /** Why they have not, in sentences: the code before goes on. */
  readonly problems: readonly string[];
  /** Whether it may take more than code: a type says something else of itself, or its code needs a package beside it. */
  readonly needsSynth: boolean;
};

const NOTHING: Update = { isInPlace: false, problems: [], needsSynth: false };

/** Keeps functions at the code that the files of their bundles have. */
export class LiveCode {
  readonly #placed: PlacedCode;
  readonly #project: string;
  readonly #scratch: string;
  #bundles: readonly LiveBundle[] = [];
  /** Those that have changed since they were put in place. */
  readonly #changed = new Set<LiveBundle>();
  #isUnfinished = false;
  /** The definitions that were loaded last. */
  #definitions: readonly Definition[] = [];

  /** Bundles are built in `scratch`, a directory in that of the project: source maps name files from two levels above a bundle. */
  constructor(placed: PlacedCode, project: string, scratch: string) {
    this.#placed = placed;
    this.#project = project;
    this.#scratch = scratch;
  }

  /** The files that functions are made of, by absolute path. */
  get inputs(): ReadonlySet<string> {
    return new Set(this.#bundles.flatMap(({ inputs }) => [...inputs]));
  }

  /** Whether the last update has left something for `update([])`. */
  get isUnfinished(): boolean {
    return this.#isUnfinished;
  }

  /** Takes the bundles of a synth, which were deployed or not, and puts in place what functions do not have of them. */
  async begin(bundles: readonly Bundle[], { isDeployed }: { readonly isDeployed: boolean }): Promise<Update> {
    await this.dispose();
    this.#bundles = await Promise.all(bundles.map((bundle) => LiveBundle.of(bundle, join(this.#scratch, bundle.name))));
    this.#definitions = bundles.flatMap(({ definitions }) => definitions);
    for (const live of this.#bundles) {
      if (isDeployed) this.#placed.noteDeployed(live.bundle, live.archive());
      if (!this.#placed.isPlaced(live.bundle, live.archive())) this.#changed.add(live);
    }
    const update = await this.#takeAll();
    // The first build takes the longest, and nobody waits for it now.
    for (const live of this.#bundles) if (live.bundle.runsHandlers) this.#changed.add(live);
    this.#isUnfinished = true;
    return update;
  }

  /** Puts the code in place again, whatever functions have. */
  restore(): Promise<Update> {
    this.#placed.forget();
    for (const live of this.#bundles) this.#changed.add(live);
    return this.#takeAll();
  }

  /**
   * Builds again what is made of any of these files, by absolute path, and puts it in place where it can run. Tasks run by it as soon
   * as executors have it: unless definitions say something else than before, the other functions are left for `update([])`.
   */
  async update(paths: readonly string[]): Promise<Update> {
    for (const live of this.#bundles) if (paths.some((path) => live.inputs.has(path))) this.#changed.add(live);
    this.#isUnfinished = false;
    const known = this.#definitions;
    const update = await this.#takeNext();
    if (this.#definitions !== known && !update.needsSynth) return { ...(await this.#takeAll()), isInPlace: true };
    this.#isUnfinished = update.problems.length === 0 && this.#changed.size > 0;
    return update;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#bundles.map((live) => live.dispose()));
    this.#bundles = [];
    this.#changed.clear();
  }

  async #takeAll(): Promise<Update> {
    let update = NOTHING;
    while (this.#changed.size > 0 && update.problems.length === 0 && !update.needsSynth) {
      const { isInPlace } = update;
      update = await this.#takeNext();
      update = { ...update, isInPlace: isInPlace || update.isInPlace };
    }
    return update;
  }

  /** Takes all executors that have changed, or one of the others. */
  async #takeNext(): Promise<Update> {
    const changed = [...this.#changed];
    const executors = changed.filter(({ bundle }) => bundle.runsHandlers);
    const next = executors.length > 0 ? executors : changed.slice(0, 1);
    try {
      const builds = await Promise.all(next.map(async (live) => [live, await live.rebuild()] as const));
      if (builds.some(([, { needsPackages }]) => needsPackages)) return { ...NOTHING, needsSynth: true };
      const loaded = this.#load(builds.flatMap(([, { definitions }]) => definitions));
      if (loaded.problems.length > 0) return { ...NOTHING, ...loaded };
      const put = await Promise.all(builds.map(([live, build]) => this.#put(live, build)));
      return { ...loaded, isInPlace: put.includes(true) };
    } catch (error) {
      return { ...NOTHING, problems: buildProblems(error, this.#project) };
    }
  }

  /** Loads definitions, as a function would. */
  #load(modules: readonly Module[]): Pick<Update, 'problems' | 'needsSynth'> {
    const byFile = new Map(modules.map((module) => [module.file, module]));
    if (byFile.size === 0) return NOTHING;
    const { found, failures } = inspectModules(this.#project, [...byFile.values()]);
    const mistakes = found.flatMap(({ file, mistake }) => (mistake === undefined ? [] : [`${file}: ${mistake}`]));
    const problems = [...failures, ...mistakes];
    if (problems.length > 0) return { problems, needsSynth: false };
    const definitions = [...this.#definitions.filter(({ file }) => !byFile.has(file)), ...found];
    if (textOf(definitions) !== textOf(this.#definitions)) this.#definitions = definitions;
    const synthesized = this.#bundles.flatMap(({ bundle }) => bundle.definitions);
    const needsSynth = textOf(definitions.map(deployedPart)) !== textOf(synthesized.map(deployedPart));
    return { problems, needsSynth };
  }

  /** Returns whether functions have had other code until now. */
  async #put(live: LiveBundle, build: Build): Promise<boolean> {
    const archive = live.archive(build);
    const isPlaced = this.#placed.isPlaced(live.bundle, archive);
    if (!isPlaced) await this.#placed.put(live.bundle, archive);
    live.take(build);
    this.#changed.delete(live);
    return !isPlaced;
  }
}

/** Returns what of a definition a template may depend on: the rest is read by functions alone. */
const deployedPart = ({ description: _d, inputSchema: _i, outputSchema: _o, ...others }: Definition): object => others;

/** Writes definitions, which several bundles may have, once and in an order of its own. */
const textOf = (definitions: readonly object[]): string =>
  [...new Set(definitions.map((definition) => JSON.stringify(Object.entries(definition).toSorted())))]
    .toSorted()
    .join();

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FSWatcher, watch } from 'chokidar';

export type Save = {
  /** Files that are new, gone, or have other contents than before, by absolute path. */
  readonly paths: readonly string[];
  /** When the first of them was saved, in milliseconds of the epoch. */
  readonly at: number;
};

/** Files that are saved together are one change: a formatter or a checkout writes many. */
const GATHER_MILLISECONDS = 30;
/** Of what is larger than a source file is, a change is known by its time. */
const MOST_READ_BYTES = 1024 * 1024;

/** What others write, or what nothing that is deployed is made of. */
const IGNORED =
  /^(\.(?!env)|node_modules$|cdk\.out$|coverage$|tests?$|__tests__$)|~$|\.md$|\.(test|spec)\.[cm]?[jt]sx?$/;

/** Sees which files of a directory are saved. */
export class SavedFiles {
  readonly #watcher: FSWatcher;
  readonly #directory: string;
  readonly #versions = new Map<string, string | undefined>();
  readonly #touched = new Set<string>();
  /** When the first of those was touched. */
  #at = 0;
  #failure: unknown;

  private constructor(directory: string) {
    this.#directory = directory;
    const ignored = (path: string): boolean =>
      this.#isBelow(path) &&
      relative(directory, path)
        .split(sep)
        .some((part) => IGNORED.test(part));
    this.#watcher = watch(directory, { ignored });
    for (const event of ['add', 'change', 'unlink'] as const) this.#watcher.on(event, (path) => this.#touch(path));
    this.#watcher.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Watches a directory; what has been saved since a time, in milliseconds of the epoch, is taken as saved now. */
  static async of(directory: string, since: number): Promise<SavedFiles> {
    const files = new SavedFiles(directory);
    await once(files.#watcher, 'ready');
    for (const path of await files.#changes()) {
      const { mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
      if (mtimeMs < since) continue;
      files.#versions.delete(path);
      files.#touch(path);
    }
    return files;
  }

  /** Watches these files, too, where they are outside of the directory and no package's. */
  async add(paths: Iterable<string>): Promise<void> {
    const others = [...paths].filter(
      (path) => !this.#isBelow(path) && !path.includes(`${sep}node_modules${sep}`) && !this.#versions.has(path),
    );
    await Promise.all(others.map(async (path) => this.#versions.set(path, await versionOf(path))));
    this.#watcher.add(others);
  }

  /** Waits for the next save, or for so long. Rejects when it is aborted, or files cannot be watched. */
  async next(signal: AbortSignal, milliseconds?: number): Promise<Save | undefined> {
    const limit = milliseconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        if (this.#touched.size === 0) await once(this.#watcher, 'all', { signal: limit });
      } catch (error) {
        if (signal.aborted || !limit.aborted) throw error;
        return undefined;
      }
      const at = this.#at;
      await sleep(GATHER_MILLISECONDS, undefined, { signal });
      const paths = await this.#changes();
      if (paths.length > 0) return { paths, at };
    }
  }

  close(): Promise<void> {
    return this.#watcher.close();
  }

  #isBelow(path: string): boolean {
    return path.startsWith(this.#directory + sep);
  }

  #touch(path: string): void {
    if (this.#touched.size === 0) this.#at = Date.now();
    this.#touched.add(path);
  }

  /** Returns which of the touched files are not as they were: a synth may write again what it wrote before. */
  async #changes(): Promise<string[]> {
    const paths = [...this.#touched];
    this.#touched.clear();
    const found = paths.map(async (path) => {
      const [before, now] = [this.#versions.get(path), await versionOf(path)];
      this.#versions.set(path, now);
      return before === now ? [] : [path];
    });
    return (await Promise.all(found)).flat();
  }
}

/** Returns what tells the contents of a file from others; `undefined` where there is no file. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    if (size > MOST_READ_BYTES) return `${size} ${mtimeMs}`;
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return undefined;
  }
}

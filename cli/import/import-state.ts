import { appendFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { printableJson } from '../printable.ts';
import type { LineProblem } from './line-task.ts';

const count = z.int().min(0);
const stateSchema = z.strictObject({
  /** These say which import it is. */
  digest: z.string(),
  url: z.string(),
  as: z.string(),
  /** All before this place is settled. */
  offset: count,
  line: count,
  accepted: count,
  replayed: count,
  refused: count,
  /** So long is the file of refused lines. */
  refusedBytes: count,
});

/** How far an import is. */
export type ImportState = Readonly<z.infer<typeof stateSchema>>;

/** A line that was refused, as its file has it. */
export type RefusedLine = { readonly line: number; readonly problem: LineProblem; readonly text: string | undefined };

/** The files beside the one that is imported: who imports it, how far that is, and which lines were refused. */
export class ImportFiles {
  readonly lock: string;
  readonly refused: string;
  readonly #state: string;

  constructor(file: string) {
    const base = file.replace(/\.(jsonl|ndjson|json)$/, '');
    this.lock = `${base}.import.lock`;
    this.refused = `${base}.rejected.jsonl`;
    this.#state = `${base}.import.json`;
  }

  /** Reads how far an import is that has not ended; `undefined` where there is none. Throws where that cannot be told. */
  async read(): Promise<ImportState | undefined> {
    const text = await readFile(this.#state, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    try {
      return stateSchema.parse(JSON.parse(text));
    } catch {
      throw new Error(`${this.#state} does not say how far the import is: --no-resume begins anew.`);
    }
  }

  /** Makes the files as a state says: lines that were refused behind it are refused again. */
  async begin(state: ImportState): Promise<void> {
    if (state.refusedBytes === 0) await rm(this.refused, { force: true });
    else if (((await stat(this.refused).catch(() => undefined))?.size ?? 0) >= state.refusedBytes) {
      await truncate(this.refused, state.refusedBytes);
    } else throw new Error(`${this.refused} has lost lines that were refused: --no-resume begins anew.`);
    await this.#write(state);
  }

  /** Keeps lines that were refused, and after them how far the import is; returns that. */
  async advance(state: ImportState, refused: readonly RefusedLine[]): Promise<ImportState> {
    const lines = refused.map((line) => `${printableJson(line)}\n`).join('');
    if (lines !== '') await appendFile(this.refused, lines);
    const next = { ...state, refusedBytes: state.refusedBytes + Buffer.byteLength(lines) };
    await this.#write(next);
    return next;
  }

  /** Forgets how far the import is, once it has ended or is to begin anew. */
  forget(): Promise<void> {
    return rm(this.#state, { force: true });
  }

  /** Whoever is killed has written all of it or nothing. */
  async #write(state: ImportState): Promise<void> {
    const written = `${this.#state}.${process.pid}`;
    await writeFile(written, JSON.stringify(state));
    await rename(written, this.#state);
  }
}

import { spawnSync } from 'node:child_process';
import { extname, join } from 'node:path';
import type { TaskMetadata } from '../task-metadata.ts';
import type { Module } from './module-build.ts';

/** A definition as its module exports it: what a cast has put into its fields is whatever it is. */
export type FoundDefinition = TaskMetadata & {
  readonly credentials?: boolean;
  /** What is wrong with its schema, its handler or its schedules, which are seen in the inspecting process alone. */
  readonly mistake?: string;
};

/** The lines that the inspecting process writes. */
export type InspectionReport =
  | { readonly kind: 'importing'; readonly file: string }
  | { readonly kind: 'found'; readonly definition: FoundDefinition }
  | { readonly kind: 'failed'; readonly sentence: string }
  | { readonly kind: 'ended' };

export type InspectionRequest = {
  readonly project: string;
  readonly modules: readonly Module[];
  readonly importSeconds: number;
};

/** A module may take so long to import, as a definition may in a function; and so long do all of them, whatever they block. */
const IMPORT_SECONDS = 10;
const INSPECTION_SECONDS = 60;
/** Schemas may be long. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

const PROGRAM = join(import.meta.dirname, `inspect-modules${extname(import.meta.filename)}`);

/**
 * Imports modules in a process of their own, which ends whatever they leave running, and returns the definitions that they export,
 * and a sentence for each module that cannot be imported.
 */
export function inspectModules(
  project: string,
  modules: readonly Module[],
  limits = { importSeconds: IMPORT_SECONDS, allSeconds: INSPECTION_SECONDS },
): { readonly found: readonly FoundDefinition[]; readonly failures: readonly string[] } {
  const request: InspectionRequest = { project, modules, importSeconds: limits.importSeconds };
  const { output, status, error } = spawnSync(process.execPath, ['--enable-source-maps', '--no-warnings', PROGRAM], {
    cwd: project,
    input: JSON.stringify(request),
    // What modules print is for whoever looks at the synth; what is found comes on a pipe of its own.
    stdio: ['pipe', 2, 2, 'pipe'],
    timeout: limits.allSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_REPORT_BYTES,
    encoding: 'utf8',
  });
  const reports = linesOf(output?.[3]).map((line): InspectionReport => JSON.parse(line));
  const found = reports.flatMap((report) => (report.kind === 'found' ? [report.definition] : []));
  const failures = reports.flatMap((report) => (report.kind === 'failed' ? [report.sentence] : []));
  if (reports.at(-1)?.kind !== 'ended') {
    const file = reports.findLast((report) => report.kind === 'importing')?.file;
    if (file === undefined) throw error ?? new Error(`${PROGRAM} ended with ${status} before it imported anything`);
    const isLate = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
    const end = isLate
      ? `has not come to its end within ${limits.allSeconds} s`
      : `ends the process (exit code ${status})`;
    failures.push(`${file} cannot be imported: it ${end}`);
  }
  return { found, failures };
}

/** A process that was killed may have left half a line. */
const linesOf = (text: string | null | undefined): string[] => (text ?? '').split('\n').slice(0, -1);

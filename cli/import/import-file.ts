import type { Client } from '../../client/client.ts';
import type { MillraceError } from '../../client/millrace-error.ts';
import { linesOf, type Place } from './file-lines.ts';
import type { ImportFiles, ImportState, RefusedLine } from './import-state.ts';
import { type LineProblem, type LineTask, lineTaskOf } from './line-task.ts';
import { type OnWait, submitLines } from './submit-lines.ts';

type Import = {
  readonly file: string;
  readonly files: ImportFiles;
  /** So many bytes of it are imported. */
  readonly size: number;
  /** So many requests are under way at a time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onAdvance: (state: ImportState) => void;
  readonly onWait: OnWait;
};

/** Lines that are submitted together, and the place behind them. */
type Batch = { readonly lines: readonly LineTask[]; readonly end: Place };
/** What became of the lines of a batch. */
type Settled = {
  readonly end: Place;
  readonly accepted: number;
  readonly replayed: number;
  readonly refused: readonly RefusedLine[];
};

const BATCH_LINES = 500;
const BATCH_CHARACTERS = 1_000_000;

/**
 * Submits the tasks of a file from where a state says, and keeps how far it is behind each batch: whatever ends the process, what is not
 * settled is submitted again under its own keys. Returns the state at the end of the file. Throws what keeps it from going on.
 */
export async function importFile(client: Client, begun: ImportState, how: Import): Promise<ImportState> {
  const { file, files, size, concurrency, onAdvance, onWait } = how;
  const ended = new AbortController();
  const signal = AbortSignal.any([how.signal, ended.signal]);
  let state = begun;
  const keep = async ({ end, accepted, replayed, refused }: Settled): Promise<void> => {
    const counts = {
      accepted: state.accepted + accepted,
      replayed: state.replayed + replayed,
      refused: state.refused + refused.length,
    };
    state = await files.advance({ ...state, ...end, ...counts }, refused);
    onAdvance(state);
  };
  // They are kept in the order of the file, so that one place tells how far it is.
  const underWay: Promise<Settled>[] = [];
  try {
    for await (const batch of batchesOf(file, state, size)) {
      const settled = settle(client, batch, signal, onWait);
      settled.catch(() => {}); // until it is its turn to be awaited
      underWay.push(settled);
      const first = underWay.length < concurrency ? undefined : underWay.shift();
      if (first !== undefined) await keep(await first);
    }
    for (const settled of underWay) await keep(await settled);
    return state;
  } finally {
    ended.abort();
  }
}

async function* batchesOf(file: string, from: ImportState, size: number): AsyncGenerator<Batch> {
  const importId = `${from.digest}\n${from.as}`;
  let lines: LineTask[] = [];
  let characters = 0;
  let end: Place = { offset: from.offset, line: from.line };
  for await (const line of linesOf(file, end, size)) {
    end = line.end;
    const one = lineTaskOf(line, importId);
    if (one === undefined) continue;
    lines.push(one);
    characters += one.text?.length ?? 0;
    if (lines.length < BATCH_LINES && characters < BATCH_CHARACTERS) continue;
    yield { lines, end };
    lines = [];
    characters = 0;
  }
  yield { lines, end };
}

async function settle(client: Client, { lines, end }: Batch, signal: AbortSignal, onWait: OnWait): Promise<Settled> {
  const submitted = lines.flatMap((line) => ('task' in line ? [line] : []));
  const results = await submitLines(
    client,
    submitted.map(({ task }) => task),
    signal,
    onWait,
  );
  const problems = new Map<number, LineProblem>();
  for (const line of lines) if ('problem' in line) problems.set(line.number, line.problem);
  for (const result of results) {
    const { number = 0 } = submitted[result.index] ?? {};
    if (result.status === 'rejected') problems.set(number, problemOf(result.error));
  }
  const accepted = results.filter(({ status }) => status === 'accepted').length;
  const replayed = results.filter((result) => result.status === 'accepted' && result.replayed === true).length;
  const refused = lines.flatMap(({ number: line, text }): RefusedLine[] => {
    const problem = problems.get(line);
    return problem === undefined ? [] : [{ line, problem, text }];
  });
  return { end, accepted: accepted - replayed, replayed, refused };
}

const problemOf = ({ code, status, message, fields }: MillraceError): LineProblem => ({
  code,
  status,
  detail: message,
  errors: fields.length === 0 ? undefined : fields,
});

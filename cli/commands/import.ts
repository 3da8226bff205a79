import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type ApiOptions, apiCommand, clientOf } from '../api-command.ts';
import { deploymentOf } from '../deployment/find-deployment.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { digestOf } from '../import/file-lines.ts';
import { importFile } from '../import/import-file.ts';
import { lockImport } from '../import/import-lock.ts';
import { importProgress } from '../import/import-progress.ts';
import { ImportFiles, type ImportState } from '../import/import-state.ts';
import { interruption } from '../interruption.ts';
import { ArgumentError, optionWithDefault, runnable } from '../npm-command.ts';
import { countOf } from '../option-values.ts';
import { counted, note, printJson } from '../terminal/print.ts';

const GOES_ON = 'the same command goes on from here.';

const importCommand = apiCommand(
  'millrace import',
  'Submits the tasks of a file of JSON Lines, each once, however often it is started.',
)
  .argument('<file>', 'each line what a submit takes: {"type": "greet", "input": {"name": "Ada"}, "priority": "low"}')
  .addOption(optionWithDefault('--concurrency <count>', 'requests under way at a time', concurrencyOf, '4'))
  .option('--as <text>', 'import a file again that was imported before, under this other name')
  .option('--resume', 'go on where an import of the file was ended (the default)')
  .option('--no-resume', 'begin with the first line; what was submitted stays one task')
  .action(async (file, options) => {
    const found = await statOf(file);
    const files = new ImportFiles(file);
    const unlock = await lockImport(files.lock);
    const ended = await importAll(file, found, files, options).finally(unlock);
    const { accepted, replayed, refused } = ended;
    const rejectedFile = refused === 0 ? undefined : files.refused;
    if (options.json === true) printJson({ lines: ended.line, accepted, replayed, rejected: refused, rejectedFile });
    else
      console.log(
        `${counted(accepted, 'task')} submitted, ${replayed} there already, ${counted(refused, 'line')} refused.`,
      );
    if (refused > 0) throw new CommandError(`${files.refused} says why lines were refused.`, EXIT.refused);
  });

/** Is the command `millrace import`. */
export const importTasks = runnable(importCommand);

type ImportOptions = ApiOptions & {
  readonly concurrency: number;
  readonly as?: string | undefined;
  readonly resume?: boolean | undefined;
};

/** Imports what is left of a file, and returns how far it has come: to its end. */
async function importAll(
  file: string,
  found: Stats,
  files: ImportFiles,
  { concurrency, as = '', resume, ...options }: ImportOptions,
): Promise<ImportState> {
  const { size } = found;
  const { url } = await deploymentOf(options);
  const client = await clientOf(options);
  const fresh = freshState(await digestOf(file, size), url, as);
  if (resume === false) await files.forget();
  const begun = resumed(fresh, await files.read(), file);
  if (begun.line > 0) note(`Goes on behind line ${begun.line}.`);
  await files.begin(begun);
  const progress = importProgress(process.stderr, size, begun);
  const signal = interruption(`Stopped: ${GOES_ON}`);
  const how = { file, files, size, concurrency, signal, onAdvance: progress.advance, onWait: progress.wait };
  const ended = await importFile(client, begun, how).catch((error: unknown) => {
    progress.end();
    if (!signal.aborted) note(`The import has not ended: ${GOES_ON}`);
    throw error;
  });
  progress.end();
  await refuseChanged(file, found, begun.digest);
  await files.forget();
  return ended;
}

/** Throws where a file was changed while it was read: what was added behind its end is for another import. */
async function refuseChanged(file: string, found: Stats, digest: string): Promise<void> {
  const { size, mtimeMs, ino } = await statOf(file);
  if (size === found.size && mtimeMs === found.mtimeMs && ino === found.ino) return;
  if ((await digestOf(file, found.size)) === digest) return;
  throw new CommandError(
    `${file} was changed while it was imported, so that its tasks may be of the lines before or after: compare them.`,
    EXIT.failed,
  );
}

async function statOf(file: string): Promise<Stats> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new ArgumentError(
      `${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}.`,
    );
  });
  if (found.isFile()) return found;
  throw new ArgumentError(`${file} is no file, so that it could not be gone on with: name one of JSON Lines.`);
}

const freshState = (digest: string, url: string, as: string): ImportState => ({
  digest,
  url,
  as,
  offset: 0,
  line: 0,
  accepted: 0,
  replayed: 0,
  refused: 0,
  refusedBytes: 0,
});

/** Returns where to begin: where the same import has ended, or at the first line. Throws where another one has not come to its end. */
function resumed(fresh: ImportState, found: ImportState | undefined, file: string): ImportState {
  if (found === undefined) return fresh;
  const isOther = (['digest', 'url', 'as'] as const).find((part) => found[part] !== fresh[part]);
  if (isOther === undefined) return found;
  const before = {
    digest: 'has changed since its import began',
    url: `is being imported to ${found.url}`,
    as: `is being imported as "${found.as}"`,
  }[isOther];
  throw new CommandError(`${file} ${before}: finish that, or give it up by --no-resume.`, EXIT.usage);
}

function concurrencyOf(text: string): number {
  const count = countOf('concurrency')(text);
  if (count <= 20) return count;
  throw new ArgumentError(`--concurrency "${text}" must be 20 at most.`);
}

import { MillraceError } from '../client/millrace-error.ts';

/** What the end of a command tells a script. `docs/command-line.md` tells it to people. */
export const EXIT = {
  /** The task failed or was cancelled, or something else went wrong. */
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  noAnswer: 5,
  notLetIn: 6,
  notFinished: 7,
  interrupted: 130,
} as const;

/** Ends a command with a sentence and a code of its own. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

const OF_STATUS: Readonly<Record<number, number>> = {
  401: EXIT.notLetIn,
  403: EXIT.notLetIn,
  404: EXIT.notFound,
  429: EXIT.refused,
};

/** Returns the exit code of a command that ends by an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  if (!(error instanceof MillraceError)) return EXIT.failed;
  const { code, status = 0, task } = error;
  if (task !== undefined) return code === 'not_finished' ? EXIT.notFinished : EXIT.failed;
  if (code === 'no_key') return EXIT.notLetIn;
  const known = OF_STATUS[status];
  if (known !== undefined) return known;
  return status >= 400 && status < 500 ? EXIT.refused : EXIT.noAnswer;
}

/** Says what an error of the client is, with its code, and when to try again. */
export function sentenceOf({ message: told, code, retryAfterSeconds }: MillraceError): string {
  const again = retryAfterSeconds === undefined ? '' : ` Try again in ${Math.ceil(retryAfterSeconds)} s.`;
  return `${told.charAt(0).toUpperCase()}${told.slice(1).replace(/\.$/, '')} (${code}).${again}`;
}

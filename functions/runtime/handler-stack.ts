import { isAbsolute } from 'node:path';
import { withSourcePositions } from './source-positions.ts';

/** Finds the place in a line of a stack, which may be in brackets: `at async run (file:///a.ts:12:5)`. */
const PLACE = /^\s*at (?:.* \(|async )?(?:file:\/\/)?(.+?):(\d+):(\d+)\)?$/;

/** This file, as a stack names it that was thrown in it. */
const OWN_FILE = /^(.*)functions\/runtime\/handler-stack\.[jt]s$/;

const thrownHere = new Error('here').stack ?? '';
let root: string | undefined;

/**
 * Returns the places of a stack that are in the code of whoever wrote the handler, by the lines of its source, one a line; `undefined`
 * where there are none. Those in Node, in packages and in Millrace itself tell him nothing, and are nobody else's to know.
 */
export function handlerStackOf(stack: string): string | undefined {
  root ??= ownRoot();
  const places = placesOf(stack).filter(({ file }) => isOfHandler(file));
  return places.length === 0 ? undefined : places.map(({ file, at }) => `at ${file}:${at}`).join('\n');
}

/** Returns the directory that Millrace's sources are in, as stacks name it; of a bundle without its map that is nowhere. */
const ownRoot = (): string => OWN_FILE.exec(placesOf(thrownHere)[0]?.file ?? '')?.[1] ?? '/';

const placesOf = (stack: string) =>
  withSourcePositions(stack)
    .split('\n')
    .flatMap((line) => {
      const [, file, row, column] = PLACE.exec(line) ?? [];
      return file === undefined ? [] : [{ file, at: `${row}:${column}` }];
    });

/** Says whether a file is the handler's: what a bundle has no map for is not known to be. */
function isOfHandler(file: string): boolean {
  const own = root ?? '/';
  if (own === '/' || isAbsolute(file) !== isAbsolute(own)) return false;
  return !/^node:|node_modules\/|[<>]/.test(file) && !file.startsWith(`${own}functions/`);
}

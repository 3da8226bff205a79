import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a module that never comes to its end fails with. */
export class LateImport extends Error {}

/** Says why a module of a project cannot be imported, in a part of a sentence that ends with the place where that is known. */
export function importFailure(error: unknown, project: string): string {
  if (!(error instanceof Error)) return `it threw ${JSON.stringify(error) ?? String(error)}`;
  if (error instanceof LateImport) return error.message;
  const place = placeOf(error, project);
  return `it threw ${error.name}: ${error.message.trim()}${place === undefined ? '' : `, at ${place}`}`;
}

/** Returns `<file>:<line>` of the innermost frame in the project's own code, by the source maps that Node was told to read. */
function placeOf({ stack = '' }: Error, project: string): string | undefined {
  const frames = stack.matchAll(/^\s+at (?:.* \()?((?:file:\/\/)?\/[^():]+):(\d+):\d+\)?$/gm);
  return [...frames]
    .map(([, file = '', line]) => `${relative(project, file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`)
    .find((place) => !/^\.\.\/|node_modules\/|^\.millrace\/inspection-/.test(place));
}

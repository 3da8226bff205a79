import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** Finds a place in a bundle, as stacks name it. */
const BUNDLED = /(?:file:\/\/)?(\/[^\s():"]+\.mjs):(\d+):(\d+)/g;

const maps = new Map<string, SourceMap | undefined>();

/**
 * Returns the text of an error with each place in a bundle replaced by that in its source, such as `tasks/index-document.ts:12:5`.
 * Node does so by itself only with `--enable-source-maps`, which slows a cold start by an eighth; this costs what fails.
 */
export function withSourcePositions(text: string): string {
  return text.replace(BUNDLED, (place, file: string, line: string, column: string) => {
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return place;
    return `${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
  return maps.get(file);
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

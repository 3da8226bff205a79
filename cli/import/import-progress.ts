import type { MillraceError } from '../../client/millrace-error.ts';
import { barOf, numberText } from '../terminal/bar.ts';
import { createScreen, oneLine } from '../terminal/screen.ts';
import type { ImportState } from './import-state.ts';

/** Shows a person how far an import is. */
export type ImportProgress = {
  advance(state: ImportState): void;
  wait(seconds: number, error: MillraceError): void;
  end(): void;
};

const NONE: ImportProgress = { advance: () => {}, wait: () => {}, end: () => {} };

/** Draws a bar on a terminal, and nothing elsewhere. `size` is that of the file, `begun` how far an earlier run came. */
export function importProgress(stream: NodeJS.WriteStream, size: number, begun: ImportState): ImportProgress {
  if (stream.isTTY !== true) return NONE;
  const screen = createScreen(stream);
  const since = performance.now();
  let state = begun;
  const draw = (more = ''): void => {
    const share = size === 0 ? 1 : state.offset / size;
    const perSecond = ((state.line - begun.line) * 1000) / Math.max(1, performance.now() - since);
    const parts = [
      barOf(share),
      `${numberText(state.line)} lines`,
      `${numberText(Math.round(perSecond))}/s`,
      state.refused > 0 ? `${numberText(state.refused)} refused` : '',
      more,
    ];
    screen.draw([oneLine(parts.filter((part) => part !== '').join('  '), stream)]);
  };
  draw();
  return {
    advance(next) {
      state = next;
      draw();
    },
    wait: (seconds, { code }) => draw(`waits ${Math.ceil(seconds)} s (${code})`),
    end: () => screen.clear(),
  };
}

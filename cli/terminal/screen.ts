import type { WriteStream } from 'node:tty';
import { cut } from './table.ts';

/** Lines of a terminal that are drawn again and again in one place. */
export type Screen = {
  draw(lines: readonly string[]): void;
  /** Takes away what was drawn. */
  clear(): void;
};

/** Draws on a terminal, in which what stands above stays. No line may be wider, nor may there be more of them than fit. */
export function createScreen(stream: WriteStream): Screen {
  let drawn = 0;
  const home = (): string => (drawn > 1 ? `\x1b[${drawn - 1}A` : '') + (drawn > 0 ? '\r\x1b[J' : '');
  return {
    draw(lines) {
      const fitting = lines.slice(0, Math.max(1, stream.rows - 1));
      stream.write(home() + fitting.join('\n'));
      drawn = fitting.length;
    },
    clear() {
      stream.write(home());
      drawn = 0;
    },
  };
}

/** Returns a text as wide as a terminal at most. */
export const oneLine = (text: string, stream: WriteStream): string => cut(text, Math.max(2, stream.columns - 1));

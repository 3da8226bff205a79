import type { WriteStream } from 'node:tty';

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof CODES;

/** Says whether a stream shows colours: a terminal does that has some, unless NO_COLOR is set. */
export const showsColours = (stream: Pick<WriteStream, 'isTTY' | 'hasColors'>): boolean =>
  stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && stream.hasColors();

/** Has a terminal show a text in a colour. */
export const painted = (text: string, colour: Colour): string => `\x1b[${CODES[colour]}m${text}\x1b[39m`;

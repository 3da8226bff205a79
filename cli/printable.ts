/**
 * Nobody sees these characters: controls, which move a terminal's cursor or change its title, marks that turn the direction
 * of what follows, halves of surrogate pairs. The joiners that words and emoji are written with are not among them.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '  ' };

/**
 * Writes a text on one line of a terminal, whoever has written it: what could do anything but show itself is shown by its number,
 * `\x1b`. So no text of a task or a server can hide a line, or look like another one.
 */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => NAMED[character] ?? escaped(character.codePointAt(0) ?? 0));

/** Writes a text of several lines, each of which stays one. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join('\n');

/**
 * Writes a value as JSON on one line that does nothing to a terminal. To a program it is the same JSON: these characters are only
 * in texts, where they may be written by their numbers.
 */
export const printableJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, undefined, indent)
    .split('\n')
    .map((line) => line.replace(UNPRINTABLE, unitsOf))
    .join('\n');

const unitsOf = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, place) => `\\u${character.charCodeAt(place).toString(16).padStart(4, '0')}`,
  ).join('');

function escaped(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

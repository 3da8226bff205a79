/** The words of a text in the order of their characters, and how often it has each. */
export type Counts = Iterable<readonly [word: string, count: number]>;

type MostFrequent = {
  readonly words: number;
  readonly top: readonly { readonly word: string; readonly count: number }[];
};

const MOST_FREQUENT = 10;

/** Finds words by the boundaries of Unicode's annex 29, and by dictionaries for Chinese, Japanese, Thai and their kind. */
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** A segmenter also takes `__` for a word, which is none. */
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Nobody sees soft hyphens and marks of direction or byte order. The joiners stay: they change how a word is written. */
const UNSEEN = /[[\p{Cf}&&\p{Default_Ignorable_Code_Point}]--[\u200c\u200d]]/gv;

/** Returns one spelling of a word, whatever its case and however its accents are encoded. */
const spelled = (word: string): string => word.replace(UNSEEN, '').toLowerCase().normalize('NFC');

/** Counts the words of a text. */
export function countsOf(text: string): Counts {
  const counts = new Map<string, number>();
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true || !LETTER_OR_DIGIT.test(segment)) continue;
    const word = spelled(segment);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Writes counts as lines, `the 5`: for many thousand words, a list would take ten times the memory. */
export const linesOf = (counts: Counts): string => [...counts].map(([word, count]) => `${word} ${count}`).join('\n');

/** Reads the counts that `linesOf` wrote, one at a time. */
export function* countsIn(lines: string): Generator<readonly [string, number]> {
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf('\n', start) >>> 0;
    const line = lines.slice(start, end);
    const space = line.lastIndexOf(' ');
    yield [line.slice(0, space), Number(line.slice(space + 1))];
    start = end + 1;
  }
}

/** Adds counts up, one word at a time, so that all words of all parts are never held at once. */
export function* summed(parts: readonly Counts[]): Generator<readonly [string, number]> {
  if (parts.length <= 1) return yield* parts[0] ?? [];
  const middle = Math.ceil(parts.length / 2);
  const [left, right] = [summed(parts.slice(0, middle)), summed(parts.slice(middle))];
  let [a, b] = [left.next(), right.next()];
  while (!(a.done || b.done)) {
    const [[wordOfA, timesOfA], [wordOfB, timesOfB]] = [a.value, b.value];
    if (wordOfA === wordOfB) yield [wordOfA, timesOfA + timesOfB];
    else yield wordOfA < wordOfB ? a.value : b.value;
    if (wordOfA <= wordOfB) a = left.next();
    if (wordOfB <= wordOfA) b = right.next();
  }
  if (!a.done) yield a.value;
  if (!b.done) yield b.value;
  yield* left;
  yield* right;
}

/** Returns how many words there are, and the ten that come most often; of equals, the first in the alphabet. */
export function mostFrequent(counts: Counts): MostFrequent {
  const top: { word: string; count: number }[] = [];
  let words = 0;
  for (const [word, count] of counts) {
    words += count;
    const place = top.findIndex((other) => other.count < count);
    if (place !== -1) top.splice(place, 0, { word, count });
    else if (top.length < MOST_FREQUENT) top.push({ word, count });
    if (top.length > MOST_FREQUENT) top.pop();
  }
  return { words, top };
}

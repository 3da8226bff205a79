/** How often each word stands in a text, in lower case. */
export type Counts = ReadonlyMap<string, number>;

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
const MOST_FREQUENT = 10;

export function countsOf(text: string): Counts {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

export function summed(parts: readonly Counts[]): Counts {
  const counts = new Map<string, number>();
  for (const part of parts) for (const [word, count] of part) counts.set(word, (counts.get(word) ?? 0) + count);
  return counts;
}

/** How many words there are, and the ten that come most often; of equals, the first in the alphabet. */
export function mostFrequent(counts: Counts): {
  readonly words: number;
  readonly top: readonly { readonly word: string; readonly count: number }[];
} {
  const top = [...counts]
    .sort(([a, timesOfA], [b, timesOfB]) => timesOfB - timesOfA || (a < b ? -1 : 1))
    .slice(0, MOST_FREQUENT);
  return {
    words: [...counts.values()].reduce((total, count) => total + count, 0),
    top: top.map(([word, count]) => ({ word, count })),
  };
}

/** Splits a text into `parts` parts of about one length, between words; into fewer where it has too few words. */
export function partsOf(text: string, parts: number): string[] {
  const split: string[] = [];
  for (let part = 1, start = 0; start < text.length; part++) {
    const fair = Math.max(start, Math.ceil((part * text.length) / parts));
    const space = text.slice(fair).search(/\s/);
    const end = space === -1 ? text.length : fair + space;
    if (end > start) split.push(text.slice(start, end));
    start = end;
  }
  return split;
}

/** A part has so many characters at most: they are counted in some milliseconds, and more would cost more to send than to count. */
export const MAX_PART_LENGTH = 50_000;

/** A shorter part is more work to send than to count. */
const MIN_PART_LENGTH = 1_000;

/**
 * Finds where a word ends for certain, whatever stands around it: behind a blank, a bracket or a mark that no word and no number
 * has in it. Blanks that stand within a number or have no width end none; nor does anything before an accent or half of a line
 * end.
 */
const END_OF_WORD =
  /(?:(?![\u202f\ufeff])\s|[\p{Ps}\p{Pe}!?#%&*+/=<>|~\\…。、！？])(?![\p{M}\p{Cf}\p{Emoji_Modifier}\uff9e\uff9f\n])/gu;

/**
 * Splits a text into as many parts of about one length as asked, but not into parts longer than `MAX_PART_LENGTH` or, for
 * the sake of their number alone, shorter than 1,000. No word is cut: returns `undefined` where one would have to be.
 */
export function partsOf(text: string, asked: number): readonly string[] | undefined {
  const parts = Math.max(1, Math.min(asked, Math.floor(text.length / MIN_PART_LENGTH)));
  const length = Math.min(MAX_PART_LENGTH, Math.ceil(text.length / parts));
  const split: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = endOfPart(text, start, length);
    if (end === undefined) return undefined;
    split.push(text.slice(start, end));
    start = end;
  }
  return split;
}

/** Returns the first end of a word from `length` on; where that is too far, the last one before. */
function endOfPart(text: string, start: number, length: number): number | undefined {
  if (text.length - start <= length) return text.length;
  let end: number | undefined;
  END_OF_WORD.lastIndex = start;
  for (let match = END_OF_WORD.exec(text); match !== null; match = END_OF_WORD.exec(text)) {
    if (END_OF_WORD.lastIndex > start + MAX_PART_LENGTH) break;
    end = END_OF_WORD.lastIndex;
    if (end >= start + length) return end;
  }
  return text.length - start <= MAX_PART_LENGTH ? text.length : end;
}

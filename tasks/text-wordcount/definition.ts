import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { subtask } from '../../functions/core/definition/subtask.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';
import { MAX_PART_LENGTH, partsOf } from './parts-of.ts';
import { countsIn, countsOf, linesOf, mostFrequent, summed } from './word-counts.ts';

/** So much fits into the body of a submit, less what is around it. */
const MAX_TEXT_LENGTH = 2_000_000;
const MAX_PARTS = 1_000;

const base = {
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 30,
  retry: DEFAULT_RETRY,
  isolated: true,
} as const;

export const textWordcount = defineTask({
  ...base,
  type: 'text.wordcount',
  description:
    'Counts the words of a text and names the ten most frequent. A text of more than 50,000 characters is split into ' +
    'parts, which are counted at the same time by subtasks; the result is the same however it is split.',
  input: z.strictObject({
    text: z
      .string()
      .max(MAX_TEXT_LENGTH)
      .describe(
        'Words are what Unicode takes for words in any script (annex 29), if there is a letter or a digit in them. Neither ' +
          'case nor the encoding of accents matters (NFC). No 50,000 characters may be without a blank or a mark.',
      ),
    parts: z
      .int()
      .min(1)
      .max(MAX_PARTS)
      .describe('Into how many parts to split; at most one for each 1,000 characters, at least one for each 50,000.')
      .exactOptional(),
  }),
  output: z.object({
    words: z.int(),
    top: z.array(z.object({ word: z.string(), count: z.int() })).describe('Of equals, the first in the alphabet.'),
  }),
  async run({ text, parts = 1 }, ctx) {
    const split = partsOf(text, parts);
    if (split === undefined) {
      return ctx.fail('invalid_text', `no word ends within ${MAX_PART_LENGTH} characters, and a part can have no more`);
    }
    if (split.length <= 1) return mostFrequent(countsOf(text));
    return ctx.fanOut(split.map((text) => subtask(textWordcountPart, { text })));
  },
  fanOut: {
    onFailure: 'fail',
    async combine(results) {
      const parts = results.flatMap((result) =>
        result.status === 'succeeded' ? [countsIn(result.output.counts)] : [],
      );
      return mostFrequent(summed(parts));
    },
  },
});

export const textWordcountPart = defineTask({
  ...base,
  type: 'text.wordcount.part',
  description:
    'Counts every word of a text: a part of text.wordcount. Its output has a line for each, such as "the 5".',
  input: z.strictObject({ text: z.string().max(MAX_PART_LENGTH).describe('At most 50,000 characters.') }),
  output: z.object({ counts: z.string() }),
  run: async ({ text }) => ({ counts: linesOf(countsOf(text)) }),
});

import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/retry.ts';
import { type Counts, countsOf, mostFrequent, partsOf, summed } from './word-counts.ts';

/** What fits into the body of a submit, less what is around it. */
const MAX_TEXT_LENGTH = 2_000_000;
const MAX_PARTS = 1_000;

/** A part of so many characters is counted in a few milliseconds; more of them would cost more to send than to count. */
const CHARACTERS_OF_A_PART = 50_000;

const text = z.string().max(MAX_TEXT_LENGTH);

const countsOutput = z.strictObject({ counts: z.array(z.tuple([z.string(), z.int()])) });

const base = { resources: 'default', priority: 'normal', timeoutSeconds: 30, retry: DEFAULT_RETRY } as const;

export const textWordcount = defineTask({
  ...base,
  type: 'text.wordcount',
  description:
    'Counts the words of a text and names the ten most frequent. A long text is split into parts, which are counted at ' +
    'the same time by subtasks.',
  input: z.strictObject({
    text: text.describe('Words are runs of letters and digits; their case does not matter.'),
    parts: z
      .int()
      .min(1)
      .max(MAX_PARTS)
      .describe(`Into how many parts to split; unless given, one for each ${CHARACTERS_OF_A_PART} characters.`)
      .exactOptional(),
  }),
  async run({ text: whole, parts = Math.ceil(whole.length / CHARACTERS_OF_A_PART) }, ctx) {
    if (parts <= 1) return mostFrequent(countsOf(whole));
    return ctx.fanOut(partsOf(whole, parts).map((part) => ({ type: 'text.wordcount.part', input: { text: part } })));
  },
  fanOut: {
    onFailure: 'fail',
    async combine(results) {
      const counts = results.flatMap((result): Counts[] =>
        result.status === 'succeeded' ? [new Map(countsOutput.parse(result.output).counts)] : [],
      );
      return mostFrequent(summed(counts));
    },
  },
});

export const textWordcountPart = defineTask({
  ...base,
  type: 'text.wordcount.part',
  description: 'Counts every word of a text: a part of text.wordcount.',
  input: z.strictObject({ text }),
  run: async ({ text: part }) => ({ counts: [...countsOf(part)] }),
});

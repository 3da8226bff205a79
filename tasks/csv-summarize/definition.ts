import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/retry.ts';

/** What fits into the body of a submit, less what is around it. */
const MAX_TEXT_LENGTH = 2_000_000;

export const csvSummarize = defineTask({
  type: 'csv.summarize',
  description:
    'Counts the rows of a CSV, and finds count, min, max and mean of the numbers in each column. The first row names ' +
    'the columns. A URL is read as it arrives, so its size does not matter.',
  resources: 'memory-intensive',
  priority: 'normal',
  timeoutSeconds: 290,
  retry: DEFAULT_RETRY,
  input: z
    .strictObject({
      text: z.string().max(MAX_TEXT_LENGTH).describe('The CSV itself, unless url is given.').exactOptional(),
      url: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .describe('Where the CSV is, http or https, unless text is given.')
        .exactOptional(),
    })
    .refine(({ text, url }) => (text === undefined) !== (url === undefined), 'give either text or url')
    .meta({
      oneOf: [{ required: ['text'] }, { required: ['url'] }],
      examples: [{ text: 'city,people\nUlm,126000\n' }],
    }),
  async run({ text, url }, ctx) {
    const { summarizeCsv } = await import('./summarize-csv.ts');
    const { csvOfText, csvAt } = await import('./csv-source.ts');
    return summarizeCsv(url === undefined ? csvOfText(text ?? '') : await csvAt(url, ctx), ctx);
  },
});

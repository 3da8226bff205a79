import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';
import { asGiven } from '../as-given.ts';

/** So much fits into the body of a submit, less what is around it. */
const MAX_TEXT_LENGTH = 2_000_000;

const extreme = z.union([z.number(), z.string()]).nullable().describe('A text where a number would lose digits.');

export const csvSummarize = defineTask({
  type: 'csv.summarize',
  description:
    'Counts the rows of a CSV, and finds count, min, max and mean of the numbers in each column. The first row names ' +
    'the columns, of which one may have no name. It alone tells whether commas, semicolons, tabs or bars separate the ' +
    'cells, unless a line such as "sep=;" comes before it. Lines may end in CRLF, LF or CR, also mixed. The charset is ' +
    'that of a byte order mark (UTF-8, UTF-16), or of the content type, or UTF-8. Numbers are written as 1234.5 or 1.2e3, ' +
    'and with a decimal comma where commas do not separate the cells; whatever else is in a cell, digits in groups ' +
    'included, is text and not counted. What is no such CSV fails as invalid_csv, with its line: rows of another length, ' +
    'bytes or control characters that are no text, a page of HTML, JSON, an image, a workbook or a Parquet file, a column with ' +
    'both decimal points and commas, a number beyond 1.8e308. A least or greatest integer beyond 2^53 is a text where a number ' +
    'would lose digits of it, and a mean is as near as a number is. A URL is read as it arrives, so its size does not matter.',
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
  output: asGiven(
    z.object({
      rows: z.int().describe('Without the first, which names the columns.'),
      columns: z
        .record(z.string(), z.object({ count: z.int(), min: extreme, max: extreme, mean: z.number().nullable() }))
        .describe('What the numbers of each column come to, by its name.'),
    }),
  ),
  async run({ text, url }, ctx) {
    const { summarizeCsv } = await import('./summarize-csv.ts');
    const { csvOfText, csvAt } = await import('./csv-source.ts');
    if (url === undefined) return summarizeCsv(csvOfText(text ?? ''), ctx);
    const { body, contentType } = await csvAt(url, ctx);
    return summarizeCsv(body, ctx, contentType);
  },
});

import * as z from 'zod';

/** A record may have so many characters as JSON: a whole batch of the largest is 10 MB. */
const MAX_RECORD_LENGTH = 100_000;

export const httpBulkInput = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .describe('Where to, http or https. Records for the same endpoint go there together.'),
    record: z
      .unknown()
      .nonoptional('is missing')
      .refine((record) => JSON.stringify(record).length <= MAX_RECORD_LENGTH, {
        message: `must have at most ${MAX_RECORD_LENGTH} characters as JSON`,
      })
      .describe(`One line of the request: any JSON of at most ${MAX_RECORD_LENGTH} characters.`),
  })
  .meta({ examples: [{ endpoint: 'https://example.com/events', record: { event: 'signup', user: 7 } }] });

export type HttpBulkInput = z.output<typeof httpBulkInput>;

import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';
import { httpBulkInput } from './http-bulk-input.ts';

export const httpBulk = defineTask({
  type: 'http.bulk',
  description:
    'Posts records to an endpoint, up to 100 in one request of gzipped NDJSON, one line for each. The endpoint may answer ' +
    '{"items": [{"status": 200}, {"status": 422, "error": "..."}]}, an item for each line; otherwise its status is that of ' +
    'all. Repeated on network errors, 408, 425, 429 and 5xx. Another status than 2xx, redirects included, fails the task with ' +
    'the code http_<status>, and with invalid_answer one that cannot be understood, or that tells of a failure at any depth ' +
    'and not of which line.',
  resources: 'io-intensive',
  priority: 'normal',
  timeoutSeconds: 30,
  retry: { ...DEFAULT_RETRY, maxAttempts: 5 },
  batch: { maxSize: 100, windowSeconds: 2 },
  input: httpBulkInput,
  output: z.object({ status: z.int().describe('What the endpoint answered for the record.') }),
  async run(items, ctx) {
    const { sendRecords } = await import('./send-records.ts');
    return sendRecords(items, ctx);
  },
});

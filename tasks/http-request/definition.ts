import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';
import { asGiven } from '../as-given.ts';
import { httpRequestInput } from './http-request-input.ts';

export const httpRequest = defineTask({
  type: 'http.request',
  description:
    'Calls a URL and returns its answer. A body that is no text in its charset comes as base64, as `encoding` ' +
    'says. Repeated on network errors, 408, 425, 429 and 5xx; every attempt carries the same Idempotency-Key, the id of the ' +
    'task, and its own number as Millrace-Attempt. Another status than 2xx fails the task with the code http_<status>, and ' +
    'so does a redirect by 301, 302 or 303 of anything but GET and HEAD, unless `followAsGet` asks to follow it.',
  resources: 'io-intensive',
  priority: 'normal',
  timeoutSeconds: 45,
  retry: { ...DEFAULT_RETRY, maxAttempts: 5 },
  input: httpRequestInput,
  output: asGiven(
    z.object({
      status: z.int(),
      url: z.string().describe('The one that answered.'),
      redirected: z.boolean().describe('Redirects led there.'),
      headers: z
        .record(z.string(), z.union([z.string(), z.array(z.string())]).optional())
        .describe('Names in lower case; `set-cookie` is a list.'),
      body: z.string(),
      encoding: z.enum(['text', 'base64']),
    }),
  ),
  async run(input, ctx) {
    const { sendRequest } = await import('./send-request.ts');
    return sendRequest(input, ctx);
  },
});

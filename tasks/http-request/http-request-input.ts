import * as z from 'zod';

const MAX_HEADERS = 50;
const MAX_BODY_LENGTH = 1_000_000;
const MAX_CACHE_SECONDS = 86_400;

/** A name and a value are as RFC 9110 has them, sections 5.1 and 5.5; the value is printable, too. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]{0,4000}$/;

/** These belong to the connection (RFC 9110, section 7.6.1), or the client sets them from the request itself. */
const RESERVED_HEADERS = new Set([
  ...['connection', 'expect', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'accept-encoding', 'idempotency-key'],
  'millrace-attempt',
]);

const headersSchema = z
  .looseObject({})
  // They are counted before any of them is looked at: a body may have a hundred thousand.
  .refine((headers) => Object.keys(headers).length <= MAX_HEADERS, {
    message: `at most ${MAX_HEADERS} headers`,
    abort: true,
  })
  .pipe(z.record(z.string(), z.string().regex(HEADER_VALUE, 'must be printable text of at most 4,000 characters')))
  .superRefine((headers, ctx) => {
    for (const name of Object.keys(headers)) {
      if (!HEADER_NAME.test(name)) ctx.addIssue({ code: 'custom', path: [name], message: 'is no header name' });
      if (RESERVED_HEADERS.has(name.toLowerCase())) {
        ctx.addIssue({ code: 'custom', path: [name], message: 'is set by Millrace and cannot be given' });
      }
    }
  })
  .describe(`Request headers, except ${[...RESERVED_HEADERS].join(', ')}.`)
  .meta({
    additionalProperties: { type: 'string', pattern: HEADER_VALUE.source },
    maxProperties: MAX_HEADERS,
    propertyNames: { pattern: HEADER_NAME.source },
  });

const METHODS_WITH_BODY = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export const httpRequestInput = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .describe('Where to, http or https. Up to 5 redirects are followed, but see followAsGet.'),
    method: z
      .enum(['GET', 'HEAD', ...METHODS_WITH_BODY])
      .default('GET')
      .describe('GET if not given.'),
    headers: headersSchema.default({}),
    body: z.string().max(MAX_BODY_LENGTH).describe('Sent as UTF-8. Not with GET or HEAD.').exactOptional(),
    cacheSeconds: z
      .int()
      .min(0)
      .max(MAX_CACHE_SECONDS)
      .describe(
        'Only with GET: an answer to the same request that is no older will do, and a good one is kept so long; 0 asks the ' +
          'server in any case. If not given, the Cache-Control of the answer decides.',
      )
      .exactOptional(),
    followAsGet: z
      .boolean()
      .describe(
        'Not with GET or HEAD, which are followed anyhow: follows a redirect by 301, 302 or 303 with a GET that carries no ' +
          'body, as browsers do after a form. If not given, such an answer fails the task with the code http_<status>.',
      )
      .exactOptional(),
  })
  .refine(({ method, body }) => body === undefined || METHODS_WITH_BODY.some((one) => one === method), {
    path: ['body'],
    message: 'cannot be sent with GET or HEAD',
  })
  .refine(({ method, cacheSeconds }) => cacheSeconds === undefined || method === 'GET', {
    path: ['cacheSeconds'],
    message: 'is for GET alone',
  })
  .refine(({ method, followAsGet }) => followAsGet === undefined || METHODS_WITH_BODY.some((one) => one === method), {
    path: ['followAsGet'],
    message: 'is not for GET or HEAD',
  })
  .meta({
    anyOf: [
      { type: 'object', properties: { method: { const: 'GET' }, body: false, followAsGet: false } },
      {
        type: 'object',
        properties: { method: { const: 'HEAD' }, body: false, cacheSeconds: false, followAsGet: false },
        required: ['method'],
      },
      {
        type: 'object',
        properties: { method: { enum: [...METHODS_WITH_BODY] }, cacheSeconds: false },
        required: ['method'],
      },
    ],
  });

export type HttpRequestInput = z.output<typeof httpRequestInput>;

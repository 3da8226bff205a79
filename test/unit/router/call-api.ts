import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'vitest';
import * as z from 'zod';
import { openRoutes, routes } from '../../../functions/router/all-routes.ts';
import { openapiDocument } from '../../../functions/router/http/openapi.ts';
import { problemSchema } from '../../../functions/router/http/problem.ts';
import { answer } from '../../../functions/router/router.ts';
import { type ApiRequest, apiEvent } from '../../doubles/api-event.ts';
import type { World } from '../../doubles/world.ts';

/** Every answer has these headers, that of an open route and a problem too. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

type Schema = Parameters<typeof z.fromJSONSchema>[0];
type Operation = { responses: Record<string, { content: Record<string, { schema: Schema }> }> };

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

const document = openapiDocument({ routes, openRoutes }, [], {}) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** Calls the router as API Gateway does, and holds each of its answers against the OpenAPI document. */
export async function callApi({ ports, now }: World, request: string, options: ApiRequest = {}): Promise<ApiAnswer> {
  const event = apiEvent(request, { receivedAt: now, ...options });
  const { statusCode: status = 0, headers, body: sent = '', isBase64Encoded } = await answer(event, ports);
  const text = isBase64Encoded ? decoded(Buffer.from(sent, 'base64'), String(headers?.['content-encoding'])) : sent;
  const body = JSON.parse(text);
  const contentType = String(headers?.['content-type']);
  const schema = documentedSchema(event.routeKey, status, contentType);
  expect(schema.safeParse(body).error, `${request}: ${status} ${contentType} ${text.slice(0, 500)}`).toBeUndefined();
  expect(headers).toMatchObject(SECURITY_HEADERS);
  if (status >= 400) {
    expect(body).toMatchObject({ type: 'about:blank', status });
    expect(text).not.toMatch(/\bat .+[:/]\d+|\.ts\b|node:|Error:/);
  }
  return { status, headers: headers as ApiAnswer['headers'], body };
}

/**
 * Returns what the document says of an answer. It has no paths that are none of ours, but their problems are like all
 * others.
 */
function documentedSchema(routeKey: string, status: number, contentType: string): z.ZodType {
  const [method = '', path = ''] = routeKey.split(' ');
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) return problemSchema();
  const media = operation.responses[status]?.content[contentType];
  if (media === undefined) throw new Error(`the document of ${routeKey} has no ${status} of ${contentType}`);
  return z.fromJSONSchema(resolved(media.schema));
}

const decoded = (body: Buffer, coding: string): string => {
  const decoder = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }[coding];
  if (decoder === undefined) throw new Error(`the answer is in ${coding}`);
  return decoder(body).toString();
};

/** Returns the schema with what it refers to in the document's components. */
const resolved = (schema: Schema): Schema =>
  JSON.parse(
    JSON.stringify(schema, (_, part) => {
      const name = part?.$ref?.replace('#/components/schemas/', '');
      return name === undefined ? part : document.components.schemas[name];
    }),
  );

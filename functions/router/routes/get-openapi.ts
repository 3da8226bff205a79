import * as z from 'zod';
import type { DocumentedRoutes } from '../openapi.ts';
import type { OpenRoute } from '../route.ts';

/** The route that describes all routes. What builds the document is loaded by the first that asks for it. */
export const getOpenapi = (routes: () => DocumentedRoutes): OpenRoute => ({
  operationId: 'getOpenapi',
  summary: 'Read this document',
  response: { status: 200, description: 'OpenAPI 3.1', schema: () => z.record(z.string(), z.unknown()) },
  problems: [],

  async handle(_request, _caller, { catalog }) {
    const { openapiDocument } = await import('../openapi.ts');
    const definitions = await Promise.all(Object.values(catalog).map((load) => load()));
    return { status: 200, body: openapiDocument(routes(), definitions) };
  },
});

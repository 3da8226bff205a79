import * as z from 'zod';
import { type DocumentedRoutes, openapiDocument } from '../openapi.ts';
import type { OpenRoute } from '../route.ts';

/** The route that describes all routes. */
export const getOpenapi = (routes: () => DocumentedRoutes): OpenRoute => ({
  operationId: 'getOpenapi',
  summary: 'Read this document',
  response: { status: 200, description: 'OpenAPI 3.1', schema: () => z.record(z.string(), z.unknown()) },
  problems: [],

  async handle(_request, _caller, { catalog }) {
    const definitions = await Promise.all(Object.values(catalog).map((load) => load()));
    return { status: 200, body: openapiDocument(routes(), definitions) };
  },
});

import * as z from 'zod';
import type { TaskCatalog } from '../../core/define-task.ts';
import { type DocumentedRoutes, openapiDocument } from '../openapi.ts';
import type { OpenRoute } from '../route.ts';

/** The route that describes all routes. */
export const getOpenapi = (routes: () => DocumentedRoutes): OpenRoute => ({
  operationId: 'getOpenapi',
  summary: 'Read this document',
  response: { status: 200, description: 'OpenAPI 3.1', schema: () => z.record(z.string(), z.unknown()) },
  problems: [],

  async handle(_request, _caller, { catalog }) {
    const document = documents.get(catalog) ?? (await describe(catalog, routes()));
    documents.set(catalog, document);
    return { status: 200, body: document };
  },
});

/** Everybody may ask for it, so it is made once. */
const documents = new WeakMap<TaskCatalog, Record<string, unknown>>();

async function describe(catalog: TaskCatalog, routes: DocumentedRoutes): Promise<Record<string, unknown>> {
  const definitions = await Promise.all(Object.values(catalog).map((load) => load()));
  return openapiDocument(routes, definitions);
}

import * as z from 'zod';
import { ROUTES } from '../contract.ts';
import { PROBLEM_STATUS, type ProblemCode, problemSchema } from './problem.ts';
import type { OpenRoute, Route } from './route.ts';

export type DocumentedRoutes = {
  readonly routes: Readonly<Record<string, Route>>;
  readonly openRoutes: Readonly<Record<string, OpenRoute>>;
};

/** What API Gateway itself answers: without a key, and where a function fails. */
const gatewayMessage = z.strictObject({ message: z.string() });

/** The OpenAPI 3.1 document of the routes, from the very schemas that they validate with. */
export function openapiDocument({ routes, openRoutes }: DocumentedRoutes): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, route] of Object.entries({ ...routes, ...openRoutes })) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = operation(key, route, key in routes);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: '1',
      description: 'Run tasks in the background.',
      license: { name: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `mr_…`' } },
      schemas: { Problem: jsonSchema(problemSchema) },
    },
  };
}

function operation(
  key: string,
  route: Pick<Route, 'summary' | 'parameters' | 'requestBody' | 'response' | 'problems'>,
  secured: boolean,
) {
  const { summary, parameters = [], requestBody, response, problems } = route;
  const scope = ROUTES[key as keyof typeof ROUTES];
  const codes: ProblemCode[] = [
    ...problems,
    ...(secured ? (['unauthenticated', 'missing_scope'] as const) : []),
    'internal_error',
  ];
  return {
    summary,
    ...(secured
      ? { description: `Needs a key with the scope \`${scope}\`.`, security: [{ key: [] }] }
      : { security: [] }),
    parameters: parameters.map(({ schema, ...parameter }) => ({ ...parameter, schema: jsonSchema(schema, 'input') })),
    ...(requestBody === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(requestBody, 'input') } },
          },
        }),
    responses: {
      [response.status]: {
        description: response.description,
        content: { 'application/json': { schema: jsonSchema(response.schema) } },
      },
      ...problemResponses(codes),
    },
  };
}

/** One response for each status; it names the codes that come with it. */
function problemResponses(codes: readonly ProblemCode[]): Record<string, unknown> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEM_STATUS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\``).join(', '),
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          ...(status === 401 || status === 500 ? { 'application/json': { schema: jsonSchema(gatewayMessage) } } : {}),
        },
      },
    ]),
  );
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): Record<string, unknown> {
  const { $schema: _, ...document } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return document;
}

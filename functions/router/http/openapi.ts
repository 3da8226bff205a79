import * as z from 'zod';
import { ROUTES } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import type { TaskCatalog, TaskDefinition } from '../../core/define-task.ts';
import { validated } from '../../core/definition/find-definition.ts';
import type { DeployedClasses } from '../../resource-classes.ts';
import type { OpenRoute, Route, RouterPorts } from '../route.ts';
import {
  type BrokenType,
  embedded,
  inputJsonSchema,
  ofAllDefinitions,
  outputJsonSchema,
} from '../routes/all-definitions.ts';
import { exampleOf } from './example-of.ts';
import { answerExamples, bodyExamples } from './openapi-examples.ts';
import { PROBLEM_STATUS, type ProblemCode, problemSchema } from './problem.ts';

export type DocumentedRoutes = {
  readonly routes: Readonly<Record<string, Route>>;
  readonly openRoutes: Readonly<Record<string, OpenRoute>>;
};

type JsonSchema = Record<string, unknown>;

type DocumentDetails = {
  readonly broken?: readonly BrokenType[];
  /** An example of the input of each type that has one. */
  readonly inputs?: ReadonlyMap<string, unknown>;
};

/** Describes what API Gateway itself answers: without a key, and where a function fails. */
const gatewayMessage = once(() => z.strictObject({ message: z.string() }));

/**
 * Makes the OpenAPI 3.1 document of the routes, from the very schemas that they validate with; `definitions` are the task
 * types that the deployment has.
 */
export function openapiDocument(
  { routes, openRoutes }: DocumentedRoutes,
  definitions: readonly TaskDefinition[],
  classes: DeployedClasses,
  { broken = [], inputs = new Map() }: DocumentDetails = {},
): Record<string, unknown> {
  const schemas: Record<string, JsonSchema> = {};
  const schemaOf = schemaWriter(schemas);
  schemaOf(problemSchema());
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, route] of Object.entries({ ...routes, ...openRoutes })) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = operation(key, route, { schemaOf, definitions, classes, inputs });
  }
  for (const definition of definitions) {
    schemas[`${definition.type}.input`] = embedded(definition.type, inputJsonSchema(definition));
  }
  addOutputs(schemas, definitions);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: '1',
      description: ['Run tasks in the background.', ...broken.map(missingFromDocument)].join(' '),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key (`mr_…`), or a token where so deployed' },
      },
      schemas,
    },
  };
}

/** Why is for callers with a key: this document is for everybody. */
const missingFromDocument = ({ type }: BrokenType): string =>
  `The task type ${type} is missing here, since its definition is broken.`;

type SchemaOf = (schema: z.ZodType, io?: 'input' | 'output') => JsonSchema;
type Documented = Pick<
  Route,
  | 'operationId'
  | 'summary'
  | 'parameters'
  | 'requestBody'
  | 'bodyIsOptional'
  | 'response'
  | 'otherResponses'
  | 'problems'
>;

type Described = {
  readonly schemaOf: SchemaOf;
  readonly definitions: readonly TaskDefinition[];
  readonly classes: DeployedClasses;
  readonly inputs: ReadonlyMap<string, unknown>;
};

function operation(key: string, route: Documented, { schemaOf, definitions, classes, inputs }: Described) {
  const { operationId, summary, parameters = [], requestBody, response, otherResponses = [], problems } = route;
  const scope = Object.hasOwn(ROUTES, key) ? ROUTES[key as keyof typeof ROUTES] : undefined;
  const codes: ProblemCode[] = [...problems, 'internal_error'];
  if (scope !== undefined) codes.push('unauthenticated', 'missing_scope');
  return compact({
    operationId,
    summary,
    description: scope && `Needs a key with the scope \`${scope}\`.`,
    security: scope === undefined ? [] : [{ key: [] }],
    parameters: parameters.map(({ schema, ...parameter }) => ({ ...parameter, schema: schemaOf(schema(), 'input') })),
    requestBody: requestBody && {
      required: route.bodyIsOptional !== true,
      content: documentedBody(requestBody(definitions, classes), bodyExamples(operationId, inputs), schemaOf),
    },
    responses: {
      [response.status]: compact({
        description: response.description,
        headers: response.headers && documentedHeaders(response.headers),
        content: {
          'application/json': { schema: schemaOf(response.schema()), example: answerExamples()[operationId] },
        },
      }),
      ...Object.fromEntries(
        otherResponses.map(({ status, description, schema, example }) => [
          status,
          { description, content: { 'application/json': { schema: schemaOf(schema()), example } } },
        ]),
      ),
      ...problemResponses(codes, schemaOf),
    },
  });
}

function documentedBody(schema: z.ZodType | JsonSchema, bodies: Readonly<Record<string, unknown>>, schemaOf: SchemaOf) {
  const examples = Object.fromEntries(Object.entries(bodies).map(([name, value]) => [name, { value }]));
  const body = { schema: isZod(schema) ? schemaOf(schema, 'input') : schema };
  const isShown = Object.keys(examples).length > 0;
  return { 'application/json': isShown ? { ...body, examples } : body };
}

const isZod = (schema: z.ZodType | JsonSchema): schema is z.ZodType => '_zod' in schema;

/** Describes headers that an answer may have, each by its name. */
const documentedHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

/** Every answer of a status comes with these. */
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  429: { 'Retry-After': 'Seconds after which to try again' },
  503: { 'Retry-After': 'Seconds after which to try again' },
};

/** Describes one response for each status; it names the codes that come with it. */
function problemResponses(codes: readonly ProblemCode[], schemaOf: SchemaOf): Record<string, unknown> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEM_STATUS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      compact({
        description: group.map((code) => `\`${code}\``).join(', '),
        headers: PROBLEM_HEADERS[status] && documentedHeaders(PROBLEM_HEADERS[status]),
        content: compact({
          'application/problem+json': { schema: schemaOf(problemSchema()) },
          'application/json': status === 401 || status === 500 ? { schema: schemaOf(gatewayMessage()) } : undefined,
        }),
      }),
    ]),
  );
}

/** Writes schemas as JSON Schema; those that have a name (`meta({ id })`) once, into `schemas`, and a reference elsewhere. */
function schemaWriter(schemas: Record<string, JsonSchema>): SchemaOf {
  return (schema, io = 'output') => {
    const { $schema: _, $defs = {}, ...document } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
    const named = (value: unknown): JsonSchema =>
      JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
    Object.assign(schemas, named($defs));
    return named(document);
  };
}

/** Adds what is known of outputs: a schema for each type that has one, by its name, and to a task which of them holds for it. */
function addOutputs(schemas: Record<string, JsonSchema>, definitions: readonly TaskDefinition[]): void {
  const conditions: JsonSchema[] = [];
  for (const definition of definitions) {
    const { type } = definition;
    const schema = outputJsonSchema(definition);
    if (schema === undefined) continue;
    schemas[`${type}.output`] = embedded(`${type}:output`, schema);
    conditions.push({
      if: { properties: { type: { const: type } }, required: ['type'] },
      // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
      then: { properties: { output: { $ref: `#/components/schemas/${type}.output` } } },
    });
  }
  if (conditions.length > 0) schemas.Task = { ...schemas.Task, allOf: conditions };
}

/** Makes the route that describes all routes. */
export const getOpenapi = (routes: () => DocumentedRoutes): OpenRoute => ({
  operationId: 'getOpenapi',
  summary: 'Read this document',
  response: { status: 200, description: 'OpenAPI 3.1', schema: () => z.record(z.string(), z.unknown()) },
  problems: ['answer_too_large'],

  async handle(_request, _caller, ports) {
    return { status: 200, body: documents.get(ports.catalog) ?? (await describeAll(routes(), ports)) };
  },
});

/** Everybody may ask for it, so it is made once; but for as long as a definition is broken, which may be loaded later. */
const documents = new WeakMap<TaskCatalog, Record<string, unknown>>();

async function describeAll(routes: DocumentedRoutes, ports: RouterPorts): Promise<Record<string, unknown>> {
  const { made, broken } = await ofAllDefinitions(ports, (definition) => {
    inputJsonSchema(definition);
    outputJsonSchema(definition);
    return definition;
  });
  const document = openapiDocument(routes, made, ports.classes, { broken, inputs: await exampleInputs(made) });
  if (broken.length === 0) documents.set(ports.catalog, document);
  return document;
}

/** Returns an example of the input of each type whose schema has one, or shows what it could be: only what that takes. */
async function exampleInputs(definitions: readonly TaskDefinition[]): Promise<Map<string, unknown>> {
  const inputs = new Map<string, unknown>();
  for (const definition of definitions) {
    const input = exampleOf(inputJsonSchema(definition));
    const checked = input !== undefined && (await validated(definition, input));
    if (checked && checked.issues === undefined) inputs.set(definition.type, input);
  }
  return inputs;
}

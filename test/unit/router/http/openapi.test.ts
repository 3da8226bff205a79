import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { OPEN_ROUTES, ROUTES } from '../../../../functions/contract.ts';
import { openRoutes, routes } from '../../../../functions/router/all-routes.ts';
import { PROBLEM_STATUS } from '../../../../functions/router/http/problem.ts';
import { shippedDefinitions, tasks } from '../../../doubles/shipped-tasks.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

/** Returns a schema without the two things that zod does not read: references, which are looked at apart, and `not`. */
const readable = (schema: unknown): Parameters<typeof z.fromJSONSchema>[0] =>
  JSON.parse(
    JSON.stringify(schema, (key, part) => (key === 'not' ? undefined : part?.$ref === undefined ? part : true)),
  );

/** Takes JSON Schema as far as zod reads it: zod throws on what it does not know. */
const jsonSchema = z.custom<object>((value) => z.fromJSONSchema(readable(value)) !== undefined);
const examples = z.record(z.string(), z.strictObject({ value: z.unknown() }));
const content = z.record(
  z.string(),
  z.strictObject({ schema: jsonSchema, example: z.unknown().optional(), examples: examples.optional() }),
);
const headers = z.record(z.string(), z.strictObject({ description: z.string().min(1), schema: jsonSchema }));

/**
 * Takes the part of OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1) that we use; it refuses a field that is in no part of
 * it.
 */
const openapi = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: z.string().min(1),
    version: z.string().min(1),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string().optional() }),
  }),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(
      z.enum(['get', 'put', 'post', 'delete', 'patch']),
      z.strictObject({
        operationId: z.string().regex(/^[a-z]+[A-Za-z]*$/),
        summary: z.string().min(1),
        description: z.string().optional(),
        security: z.array(z.record(z.string(), z.array(z.string()))),
        parameters: z.array(
          z.strictObject({
            in: z.enum(['path', 'header', 'query']),
            name: z.string().min(1),
            required: z.boolean(),
            description: z.string(),
            schema: jsonSchema,
          }),
        ),
        requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
        responses: z.record(
          z.string().regex(/^[2-5]\d\d$/),
          z.strictObject({ description: z.string().min(1), headers: headers.optional(), content }),
        ),
      }),
    ),
  ),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer'), description: z.string() }),
    ),
    schemas: z.record(z.string(), jsonSchema),
  }),
});

const { body } = await callApi(createWorld([greet, echo]), 'GET /api/openapi.json', { caller: null });
const document = openapi.parse(body);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    key: `${method.toUpperCase()} ${path}`,
    path,
    ...operation,
  })),
);

describe('the OpenAPI document', () => {
  it('has every route and no other', () => {
    expect(operations.map(({ key }) => key).toSorted()).toEqual([...Object.keys(ROUTES), ...OPEN_ROUTES].toSorted());
  });

  it('refers only to what it holds', () => {
    const names = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
    const there = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    // The recursive input of `echo` refers to itself.
    expect(new Set(names)).toEqual(new Set([...there, '#']));
    expect(there).toHaveLength(24);
  });

  it('has an operationId of its own for each route', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it.each(operations)('of $key names its key, its parameters and its answers', (operation) => {
    const { key, path, security, description, parameters, responses } = operation;
    const open = (OPEN_ROUTES as readonly string[]).includes(key);
    expect(security).toEqual(open ? [] : [{ key: [] }]);
    expect(description?.includes(`\`${ROUTES[key as keyof typeof ROUTES]}\``) ?? open).toBe(true);
    const inPath = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
    expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(parameters.every(({ in: place, required }) => place !== 'path' || required)).toBe(true);
    const statuses = Object.keys(responses).map(Number);
    expect(statuses.filter((status) => status < 300)).toHaveLength(1 + otherResponsesOf(key).length);
    expect(statuses).toContain(500);
    for (const status of open ? [] : [401, 403]) expect(statuses).toContain(status);
  });

  it.each(operations)('of $key names the codes of each problem', ({ responses }) => {
    for (const [status, { description }] of Object.entries(responses).filter(([status]) => status >= '400')) {
      const codes = [...description.matchAll(/`(\w+)`/g)].map(
        ([, code]) => PROBLEM_STATUS[code as keyof typeof PROBLEM_STATUS],
      );
      expect(new Set(codes)).toEqual(new Set([Number(status)]));
    }
  });
});

/** An answer of another success than the usual one is there only where a request asks for it. */
const otherResponsesOf = (key: string) =>
  key in routes ? (routes[key as keyof typeof routes].otherResponses ?? []) : [];

type Media = { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> };
type Body = { readonly content: Readonly<Record<string, Media>> };
type Paths = Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: Body }>>>>;

describe('the examples', () => {
  it.each(operations)('of $key are what it answers', ({ key, responses }) => {
    const { response } =
      key in routes ? routes[key as keyof typeof routes] : openRoutes[key as keyof typeof openRoutes];
    const all = [response, ...otherResponsesOf(key)];
    const documented = Object.entries(responses).filter(([status]) => status < '300');
    expect(documented.map(([status]) => Number(status))).toEqual(all.map(({ status }) => status).toSorted());
    for (const { status, schema } of all) {
      const answer = responses[status]?.content['application/json'];
      expect(schema().safeParse(answer?.example).error).toBeUndefined();
    }
  });

  it('of bodies are taken, those of each type that ships', async () => {
    const world = createWorld(await shippedDefinitions());
    const { body: shipped } = await callApi(world, 'GET /api/openapi.json', { caller: null });
    const made = { type: 'markdown.render', input: { markdown: '# Hello' }, cron: '@daily' };
    const { body: schedule } = await callApi(world, 'POST /api/schedules', { body: made });
    const { body: task } = await callApi(world, 'POST /api/tasks', {
      body: { type: made.type, input: made.input, delaySeconds: 60 },
    });
    await callApi(world, `POST /api/tasks/${task.id}/cancel`);
    const idIn = (path: string): string => String(path.includes('/tasks/') ? task.id : schedule.id);
    const shown = Object.entries(shipped.paths as Paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody }]) =>
        Object.entries(requestBody?.content['application/json']?.examples ?? {}).map(([name, { value }]) => ({
          request: `${method.toUpperCase()} ${path.replace('{type}', 'markdown.render').replace('{id}', idIn(path))}`,
          name,
          value,
        })),
      ),
    );
    expect(shown.map(({ name }) => name)).toEqual(expect.arrayContaining([...Object.keys(tasks), 'several', 'pause']));
    const letter = shown.find((one) => one.name === 'changed')?.value as { readonly message: object };
    for (const { request: asked, name, value } of shown) {
      world.ports.deadLetters.put('default', { messageId: String(schedule.id), body: JSON.stringify(letter.message) });
      const request = asked.replace('{name}', 'default-normal-0');
      const answer = await callApi(world, request, { body: value });
      // The task has none.
      if (name.endsWith(' subtasks')) expect(answer.body).toMatchObject({ code: 'invalid_status' });
      if (name.endsWith(' subtasks')) continue;
      const isDryRun = (value as { readonly dryRun?: boolean }).dryRun === true;
      const usual = request.startsWith('POST') && !isDryRun ? 202 : 200;
      const expected = /\/(schedules|webhooks)$/.test(request) ? 201 : usual;
      expect([name, answer.status]).toEqual([name, expected]);
      if (name === 'several') expect(answer.body).toMatchObject({ accepted: 2, rejected: 0 });
    }
  });

  it('of types whose schemas show none are made of what they take', () => {
    const submit = operations.find(({ key }) => key === 'POST /api/tasks');
    expect(submit?.requestBody?.content['application/json']?.examples).toMatchObject({
      greet: { value: { type: 'greet', input: { name: 'text' } } },
    });
  });
});

it('says which names are old: the new ones stand beside them', () => {
  type Schema = { readonly properties?: Readonly<Record<string, { readonly deprecated?: boolean }>> };
  const deprecated = Object.entries(document.components.schemas).flatMap(
    ([schema, { properties = {} }]: [string, Schema]) =>
      Object.keys(properties).flatMap((name) => (properties[name]?.deprecated ? `${schema}.${name}` : [])),
  );
  expect(deprecated.toSorted()).toEqual(['Lane.priority', 'Redriven.isMoreLeft']);
  const letters = document.paths['/api/lanes/{name}/dead-letters']?.get?.responses[200]?.content['application/json'];
  expect(letters?.schema).toMatchObject({ properties: { isMoreLeft: { deprecated: true }, hasMore: {} } });
});

it('a submit is described type by type: its input, and the longest attempt of its class', () => {
  const schemaOf = (path: string) => document.paths[path]?.post?.requestBody?.content['application/json']?.schema;
  const inputOf = (type: string) => ({ $ref: `#/components/schemas/${type}.input` });
  const submits = {
    oneOf: [
      { properties: { type: { const: 'greet' }, input: inputOf('greet'), timeoutSeconds: { maximum: 50 } } },
      { properties: { type: { const: 'echo' }, input: inputOf('echo'), timeoutSeconds: { maximum: 290 } } },
    ],
  };
  expect(schemaOf('/api/tasks')).toMatchObject(submits);
  expect(schemaOf('/api/tasks')).not.toHaveProperty('oneOf.0.properties.idempotencyKey');
  expect(schemaOf('/api/tasks')).toMatchObject({
    oneOf: [{ properties: { tags: { maxItems: 10, uniqueItems: true } } }, {}],
  });
  expect(schemaOf('/api/tasks/batch')).toMatchObject({
    properties: { tasks: { minItems: 1, maxItems: 1000, items: submits } },
  });
  expect(schemaOf('/api/tasks/batch')).toHaveProperty('properties.tasks.items.oneOf.0.properties.idempotencyKey');
  expect(document.components.schemas['greet.input']).toMatchObject({ required: ['name'] });
});

describe('a type with an output schema', () => {
  const total = { ...greet, type: 'total', output: z.object({ total: z.int(), currency: z.string().default('EUR') }) };
  const tree: z.ZodType = z.object({ name: z.string(), parts: z.array(z.lazy(() => tree)) });
  const outputs = { ...greet, type: 'tree', output: tree as typeof total.output };
  const world = createWorld([greet, total, outputs]);

  it('has it in the document, by its name, and a task of the type refers to it', async () => {
    const answer = await callApi(world, 'GET /api/openapi.json', { caller: null });
    const { schemas } = (answer.body as { components: { schemas: Record<string, Record<string, unknown>> } })
      .components;
    expect(schemas['total.output']).toMatchObject({ type: 'object', required: ['total', 'currency'] });
    // What it refers to within itself stays there.
    expect(schemas['tree.output']).toMatchObject({ $id: 'urn:millrace:tree:output', required: ['name', 'parts'] });
    expect(schemas).not.toHaveProperty(['greet.output']);
    expect(schemas.Task?.allOf).toEqual(
      ['total', 'tree'].map((type) => ({
        if: { properties: { type: { const: type } }, required: ['type'] },
        // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
        then: { properties: { output: { $ref: `#/components/schemas/${type}.output` } } },
      })),
    );
  });

  it('shows it by GET /api/definitions, and by that of the type', async () => {
    const shown = { type: 'object', required: ['total', 'currency'] };
    const { body } = await callApi(world, 'GET /api/definitions');
    expect(body.items).toMatchObject([{ type: 'greet' }, { type: 'total', outputSchema: shown }, { type: 'tree' }]);
    expect((body.items as object[])[0]).not.toHaveProperty('outputSchema');
    const one = await callApi(world, 'GET /api/definitions/total');
    expect(one.body).toMatchObject({ outputSchema: shown });
  });

  it('is broken where that cannot be shown', async () => {
    const output = z.int().transform(String) as unknown as typeof total.output;
    const { body } = await callApi(createWorld([greet, { ...total, output }]), 'GET /api/definitions');
    expect(body).toMatchObject({ items: [{ type: 'greet' }], broken: [{ type: 'total' }] });
  });
});

describe('GET /api/definitions', () => {
  it('shows all of a type but its handler', async () => {
    const answer = await callApi(createWorld([greet, echo]), 'GET /api/definitions');
    const { run: _, input, ...metadata } = greet;
    expect(answer).toMatchObject({ status: 200, body: { items: [metadata, { type: 'echo' }] } });
    const [{ inputSchema, ...first }] = answer.body.items as [{ inputSchema: object }];
    expect(first).toEqual({ ...metadata, paused: false, settings: {} });
    expect(inputSchema).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false });
  });

  it('is empty where there are no types', async () => {
    expect(await callApi(createWorld(), 'GET /api/definitions')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('shows the types that ship, each with a schema that JSON Schema readers understand', async () => {
    const definitions = await shippedDefinitions();
    const { body } = await callApi(createWorld(definitions as never), 'GET /api/definitions');
    const items = body.items as { type: string; inputSchema: never; outputSchema?: never }[];
    expect(items.map(({ type }) => type)).toEqual(Object.keys(tasks));
    for (const { inputSchema, outputSchema } of items) {
      expect(() => z.fromJSONSchema(inputSchema)).not.toThrow();
      if (outputSchema !== undefined) expect(() => z.fromJSONSchema(outputSchema)).not.toThrow();
    }
  });
});

it('GET /api/health answers ok', async () => {
  expect(await callApi(createWorld(), 'GET /api/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
});

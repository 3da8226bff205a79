import * as z from 'zod';
import type { Parameter, Request } from '../route.ts';
import { type FieldError, fieldErrors, Problem } from './problem.ts';

const DEFAULT_LIMIT = 25;

/** Describes the parameters of a query that ask for a page. */
export const pageShape = () => ({
  limit: z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(DEFAULT_LIMIT),
  cursor: z.string().optional(),
});

export const queryParameter = (name: string, description: string, schema: () => z.ZodType): Parameter => ({
  in: 'query',
  name,
  required: false,
  description,
  schema,
});

/** Returns the schema of a query's parameter by its name, made when it is asked for. */
export const selectFields =
  <Name extends string>(query: () => { readonly shape: { readonly [name in Name]: z.ZodType } }) =>
  (name: Name) =>
  (): z.ZodType =>
    query().shape[name];

export const pageParameters: readonly Parameter[] = [
  queryParameter('limit', `Items of a page, at most; ${DEFAULT_LIMIT} unless given`, () =>
    z.int().min(1).max(100).optional(),
  ),
  queryParameter('cursor', 'The `nextCursor` of the page before, under the same filter', () => z.string().optional()),
];

/** Describes a page of anything. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('For the parameter `cursor`; null on the last page'),
  });

/** Reads the query of a request by its schema. Throws the problem that names every wrong parameter. */
export function parseQuery<Query>(schema: z.ZodType<Query>, { query }: Request): Query {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw invalidQuery(fieldErrors(parsed.error.issues));
}

/** Makes the problem of a query, where a field is a parameter and not a part of a document. */
export const invalidQuery = (errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', 'the query is not what this call takes', {
    errors: errors.map(({ field, message }) => ({ field: field.slice(1), message })),
  });

/** Reads where a page begins, by what `read` makes of a cursor. Throws the problem of one that is none. */
export function placeBehind<Place>(
  cursor: string | undefined,
  read: (cursor: string) => Place | undefined,
): Place | undefined {
  const place = cursor === undefined ? undefined : read(cursor);
  if (cursor !== undefined && place === undefined) throw invalidCursor();
  return place;
}

export const invalidCursor = (): Problem =>
  invalidQuery([{ field: '/cursor', message: 'is not the nextCursor of a page with this filter' }]);

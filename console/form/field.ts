import { isObject, type JsonValue } from './json-value.ts';

/** How a value is asked for, with what its schema says of it. */
export type Field = {
  readonly description?: string;
  /** This is taken where nothing is given. */
  readonly fallback?: JsonValue;
  readonly example?: JsonValue;
} & FieldKind;

export type FieldKind =
  | {
      readonly kind: 'text';
      readonly isLong: boolean;
      readonly maxLength?: number;
      /** It may be any other text, too. */
      readonly suggestions?: readonly string[];
    }
  | { readonly kind: 'number'; readonly isWhole: boolean; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: 'choice'; readonly options: readonly JsonValue[] }
  | { readonly kind: 'object'; readonly properties: readonly Property[] }
  | { readonly kind: 'list'; readonly item: Field }
  /** Names of the caller's own, each with a value. */
  | { readonly kind: 'entries'; readonly value: Field }
  /** What no other kind can show is written as JSON. */
  | { readonly kind: 'json' };

export type Property = { readonly name: string; readonly isRequired: boolean; readonly field: Field };

type Schema = Readonly<Record<string, unknown>>;

/** A text that may be longer than this gets several lines. */
const LINE_CHARACTERS = 2_048;
/** A schema that refers to itself is shown so deep, and then as JSON. */
const MAX_DEPTH = 6;

/** Makes the field of a JSON Schema. It never fails: what it does not know becomes JSON, and the API has the last word anyway. */
export function fieldOf(schema: unknown, root: unknown = schema, depth = 0): Field {
  const given = resolved(isObject(schema) ? schema : {}, root);
  const kind = depth > MAX_DEPTH ? JSON_KIND : kindOf(given, root, depth);
  const [example] = Array.isArray(given.examples) ? given.examples : [];
  return {
    ...kind,
    ...(typeof given.description === 'string' ? { description: given.description } : {}),
    ...(given.default === undefined ? {} : { fallback: given.default as JsonValue }),
    ...(example === undefined ? {} : { example }),
  };
}

const JSON_KIND = { kind: 'json' } as const;

function kindOf(schema: Schema, root: unknown, depth: number): FieldKind {
  const { type, properties, additionalProperties, items } = schema;
  if (Array.isArray(schema.enum)) return { kind: 'choice', options: schema.enum };
  if (schema.const !== undefined) return { kind: 'choice', options: [schema.const as JsonValue] };
  if (type === 'string') return textOf(schema);
  if (type === 'number' || type === 'integer') return numberOf(schema);
  if (type === 'boolean') return { kind: 'choice', options: [true, false] };
  if (type === 'array' && isObject(items)) return { kind: 'list', item: onOneLine(fieldOf(items, root, depth + 1)) };
  if (type !== 'object') return JSON_KIND;
  const isNamed = isObject(properties) && Object.keys(properties).length > 0;
  if (!isNamed && isObject(additionalProperties) && Object.keys(additionalProperties).length > 0) {
    return { kind: 'entries', value: onOneLine(fieldOf(additionalProperties, root, depth + 1)) };
  }
  return isObject(properties) ? objectOf(schema, properties, root, depth) : JSON_KIND;
}

function textOf({ maxLength, format }: Schema): FieldKind {
  const limit = typeof maxLength === 'number' ? maxLength : undefined;
  const isLong = format === undefined && (limit === undefined || limit > LINE_CHARACTERS);
  return { kind: 'text', isLong, ...(limit === undefined ? {} : { maxLength: limit }) };
}

/** One of many texts is short, unless its schema says otherwise. */
const onOneLine = (field: Field): Field =>
  field.kind === 'text' && field.maxLength === undefined ? { ...field, isLong: false } : field;

function numberOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): FieldKind {
  const isWhole = type === 'integer';
  const least = limit(minimum) ?? (isWhole ? limit(exclusiveMinimum, 1) : undefined);
  const most = limit(maximum) ?? (isWhole ? limit(exclusiveMaximum, -1) : undefined);
  return {
    kind: 'number',
    isWhole,
    ...(least === undefined ? {} : { minimum: least }),
    ...(most === undefined ? {} : { maximum: most }),
  };
}

/** A schema names the ends of what a number can hold, too: they limit nobody. */
const limit = (bound: unknown, step = 0): number | undefined =>
  typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound + step : undefined;

/** Says between what a number may be. */
export function limitsOf({ minimum, maximum }: { readonly minimum?: number; readonly maximum?: number }): string {
  if (minimum === undefined) return maximum === undefined ? '' : `At most ${maximum}.`;
  return maximum === undefined ? `At least ${minimum}.` : `From ${minimum} to ${maximum}.`;
}

/** An object that also takes names of the caller's own has more than a form of its properties could show. */
function objectOf(
  { required, additionalProperties }: Schema,
  properties: Schema,
  root: unknown,
  depth: number,
): FieldKind {
  if (isObject(additionalProperties) && Object.keys(additionalProperties).length > 0) return JSON_KIND;
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return {
    kind: 'object',
    properties: Object.entries(properties).map(([name, schema]) => ({
      name,
      isRequired: needed.includes(name),
      field: fieldOf(schema, root, depth + 1),
    })),
  };
}

/** Finds the schema that a reference within the document leads to; of one that may also be null, the other. */
function resolved(schema: Schema, root: unknown): Schema {
  const alternatives = [schema.anyOf, schema.oneOf].find(Array.isArray)?.filter((one: unknown) => !isNull(one));
  if (schema.type === undefined && alternatives?.length === 1 && isObject(alternatives[0])) {
    return { ...resolved(alternatives[0], root), ...described(schema) };
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null');
    return { ...schema, type: types.length === 1 ? types[0] : undefined };
  }
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#')) return schema;
  const target = schema.$ref
    .slice(1)
    .split('/')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => (isObject(at) ? at[unescaped(part)] : undefined), root);
  return isObject(target) && target.$ref === undefined ? { ...target, ...described(schema) } : {};
}

const isNull = (schema: unknown): boolean => isObject(schema) && schema.type === 'null';

const described = ({ description }: Schema): Schema => (description === undefined ? {} : { description });

const unescaped = (part: string): string => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');

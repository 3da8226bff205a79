/** A part of a JSON Schema: `true` takes everything, `false` nothing. */
type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A place of a value, such as `lines[].quantity`, and what a later schema refuses there that an earlier one takes. */
type Tightening = { readonly path: string; readonly sentence: string };

/**
 * Names what a schema refuses that the one before it takes. What it does not understand of both, such as a pattern, it names
 * where it is not the same: rather one too many, since what waits would fail.
 */
export const tighteningsOf = (before: JsonSchema, after: JsonSchema): Tightening[] =>
  new Comparison(before, after).tightenings(before, after, '');

type Part = { readonly [keyword: string]: unknown };

/** So many references are followed one after the other, and so many parts are compared: unions of unions have no end of pairs. */
const MOST_HOPS = 40;
const MOST_PARTS = 50_000;

class Comparison {
  readonly #before: JsonSchema;
  readonly #after: JsonSchema;
  /** A schema may contain itself: what is being compared is not compared again within. */
  readonly #underWay = new Map<JsonSchema, Set<JsonSchema>>();
  #parts = 0;

  constructor(before: JsonSchema, after: JsonSchema) {
    this.#before = before;
    this.#after = after;
  }

  tightenings(before: JsonSchema, after: JsonSchema, path: string): Tightening[] {
    const [one, other] = [resolved(before, this.#before), resolved(after, this.#after)];
    const others = this.#underWay.get(one) ?? new Set();
    if (others.has(other)) return [];
    if (++this.#parts > MOST_PARTS) return [{ path, sentence: 'is too intricate to be compared' }];
    this.#underWay.set(one, others.add(other));
    const found = this.#compare(one, other, path);
    others.delete(other);
    return found;
  }

  #compare(before: JsonSchema, after: JsonSchema, path: string): Tightening[] {
    if (before === false || after === true || isSame(before, after)) return [];
    if (after === false) return [{ path, sentence: 'nothing is taken any more' }];
    const one = before === true ? {} : before;
    const [olds, news] = [branchesOf(one), branchesOf(after)];
    if (olds.length > 1 || news.length > 1) return this.#compareUnions(olds, news, path);
    const ofType = typeTightenings(one, after, path);
    if (ofType.length > 0) return ofType;
    return [
      ...valueTightenings(one, after, path),
      ...boundTightenings(one, after, path),
      ...sameTightenings(one, after, path),
      ...this.#objectTightenings(one, after, path),
      ...this.#listTightenings(one, after, path),
    ];
  }

  /** What each branch took has to be taken by one that there is now; the one that comes closest says what is missing. */
  #compareUnions(olds: readonly JsonSchema[], news: readonly JsonSchema[], path: string): Tightening[] {
    return olds.flatMap((old) => {
      const refusals = news.map((next) => this.tightenings(old, next, path));
      return refusals.toSorted((a, b) => a.length - b.length)[0] ?? [];
    });
  }

  #objectTightenings(before: Part, after: Part, path: string): Tightening[] {
    if (!canBe(before, 'object') || !canBe(after, 'object')) return [];
    const [olds, news] = [partsOf(before.properties), partsOf(after.properties)];
    const wasRequired = namesOf(before.required);
    const required = namesOf(after.required)
      .filter((name) => !wasRequired.includes(name))
      .map((name) => ({ path: within(path, name), sentence: 'is required now' }));
    const [restBefore, restAfter] = [restOf(before), restOf(after)];
    const shared = Object.entries(olds).flatMap(([name, old]) => {
      const next = Object.hasOwn(news, name) ? news[name] : restAfter;
      if (next === false && old !== false) return [{ path: within(path, name), sentence: 'is not taken any more' }];
      return this.tightenings(old, next ?? true, within(path, name));
    });
    if (restBefore === false) return [...required, ...shared];
    const added = Object.entries(news).flatMap(([name, next]) =>
      Object.hasOwn(olds, name) ? [] : this.tightenings(restBefore, next, within(path, name)),
    );
    const isClosed = restAfter === false ? [{ path, sentence: 'takes no other members any more' }] : [];
    const rest = isClosed.length > 0 ? isClosed : this.tightenings(restBefore, restAfter, `${path}[]`);
    return [...required, ...shared, ...added, ...rest];
  }

  #listTightenings(before: Part, after: Part, path: string): Tightening[] {
    if (!canBe(before, 'array') || !canBe(after, 'array')) return [];
    const [olds, news] = [listOf(before.prefixItems), listOf(after.prefixItems)];
    const [restBefore, restAfter] = [(before.items ?? true) as JsonSchema, (after.items ?? true) as JsonSchema];
    const places = Array.from({ length: Math.max(olds.length, news.length) }, (_, place) => place);
    const placed = places.flatMap((place) =>
      this.tightenings(olds[place] ?? restBefore, news[place] ?? restAfter, `${path}[${place}]`),
    );
    return [...placed, ...this.tightenings(restBefore, restAfter, `${path}[]`)];
  }
}

/** Follows a reference within its document; one that leads nowhere stands for anything. */
function resolved(schema: JsonSchema, document: JsonSchema): JsonSchema {
  let part = schema;
  for (let hops = 0; hops < MOST_HOPS && typeof part === 'object' && typeof part.$ref === 'string'; hops++) {
    const { $ref, ...beside } = part;
    const target = targetOf(String($ref), document);
    if (Object.keys(beside).length > 0) return typeof target === 'object' ? { ...target, ...beside } : beside;
    part = target;
  }
  return part;
}

function targetOf(reference: string, document: JsonSchema): JsonSchema {
  const names = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  const steps = names.map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = steps.reduce<unknown>((part, name) => (part as Part | undefined)?.[name], document);
  return typeof target === 'object' || typeof target === 'boolean' ? (target as JsonSchema) : true;
}

/** Returns the schemas one of which a value has to fit, each with what stands beside them. */
function branchesOf(schema: Part): JsonSchema[] {
  const { anyOf, oneOf, ...beside } = schema;
  const branches = listOf(anyOf ?? oneOf);
  if (branches.length === 0) {
    const types = listOf(schema.type as unknown);
    return types.length > 1 ? types.map((type) => ({ ...schema, type })) : [schema];
  }
  return branches.map((branch) => (typeof branch === 'object' ? { ...beside, ...branch } : branch));
}

const listOf = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value : []);
const namesOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const partsOf = (value: unknown): Record<string, JsonSchema> => (value ?? {}) as Record<string, JsonSchema>;
const restOf = ({ additionalProperties = true }: Part): JsonSchema => additionalProperties as JsonSchema;
const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const typeOf = ({ type }: Part): unknown => (Array.isArray(type) ? type[0] : type);
const canBe = (schema: Part, type: string): boolean => typeOf(schema) === undefined || typeOf(schema) === type;

function typeTightenings(before: Part, after: Part, path: string): Tightening[] {
  const [old, next] = [typeOf(before), typeOf(after)];
  if (next === undefined || old === next || (old === 'integer' && next === 'number')) return [];
  if (old === undefined && valuesOf(before)?.every((value) => isOfType(value, next)) === true) return [];
  return [{ path, sentence: `is ${next} now, and was ${old === undefined ? 'anything' : old}` }];
}

function isOfType(value: unknown, type: unknown): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function valuesOf(schema: Part): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function valueTightenings(before: Part, after: Part, path: string): Tightening[] {
  const [olds, news] = [valuesOf(before), valuesOf(after)];
  if (news === undefined) return [];
  const taken = news.map((value) => JSON.stringify(value));
  if (olds === undefined) return [{ path, sentence: `takes only ${taken.join(', ')} now` }];
  const gone = olds.map((value) => JSON.stringify(value)).filter((value) => !taken.includes(value));
  return gone.length === 0 ? [] : [{ path, sentence: `does not take ${gone.join(', ')} any more` }];
}

/** What must be at least, and at most, so much. */
const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

function boundTightenings(before: Part, after: Part, path: string): Tightening[] {
  const tighter = (name: string, isTighter: (old: number, next: number) => boolean): Tightening[] => {
    const [old, next] = [before[name], after[name]];
    if (typeof next !== 'number' || (typeof old === 'number' && !isTighter(old, next))) return [];
    const was = typeof old === 'number' ? `was ${old}` : 'was none';
    return [{ path, sentence: `has the ${name} ${next} now, which ${was}` }];
  };
  return [
    ...LEAST.flatMap((name) => tighter(name, (old, next) => next > old)),
    ...MOST.flatMap((name) => tighter(name, (old, next) => next < old)),
    ...tighter('multipleOf', (old, next) => old % next !== 0),
  ];
}

/** What cannot be told to be wider or narrower is named where it is there now, and is another than before. */
const UNCOMPARED = [
  'pattern',
  'format',
  'contentEncoding',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'patternProperties',
  'uniqueItems',
  'contains',
  'dependentRequired',
  'dependentSchemas',
] as const;

function sameTightenings(before: Part, after: Part, path: string): Tightening[] {
  return UNCOMPARED.filter((name) => after[name] !== undefined && !isSame(before[name], after[name])).map((name) => ({
    path,
    sentence: `has another ${name} now`,
  }));
}

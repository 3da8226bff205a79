import type * as z from 'zod';
import { pointerPart } from '../../core/json.ts';

/** For an intersection zod looks for each member of an object among all of its members: a hundred thousand take ten seconds. */
export const MAX_MEMBERS = 1_000;

/**
 * Finds an object in the input that has more than `MAX_MEMBERS`, where the schema of its type has an intersection anywhere. Returns
 * the pointer to it.
 */
export const crowdedPart = (schema: object, input: unknown): string | undefined =>
  hasIntersection(schema) ? crowdedIn(input) : undefined;

function crowdedIn(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const place = value.findIndex((item) => crowdedIn(item) !== undefined);
    return place < 0 ? undefined : pointerPart(place) + crowdedIn(value[place]);
  }
  const keys = Object.keys(value);
  if (keys.length > MAX_MEMBERS) return '';
  for (const key of keys) {
    const within = crowdedIn(value[key as keyof typeof value]);
    if (within !== undefined) return pointerPart(key) + within;
  }
  return undefined;
}

/** What a schema of zod says of itself. */
type Part = { readonly type: string; readonly shape?: object; readonly getter?: () => unknown };

const intersecting = new WeakMap<object, boolean>();

function hasIntersection(schema: object): boolean {
  const known = intersecting.get(schema) ?? [...partsOf(schema, new Set())].some(({ type }) => type === 'intersection');
  intersecting.set(schema, known);
  return known;
}

/** Collects the parts of a schema of zod, itself among them; other libraries look members up. */
function partsOf(schema: unknown, parts: Set<Part>): Set<Part> {
  const part = (schema as Partial<z.ZodType> | undefined)?._zod?.def as Part | undefined;
  if (part === undefined || parts.has(part)) return parts;
  parts.add(part);
  const within = part.type === 'lazy' ? [part.getter?.()] : Object.values({ ...part, ...part.shape }).flat();
  for (const one of within) partsOf(one, parts);
  return parts;
}

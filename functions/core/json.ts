/** A value that JSON can carry: what a task takes in and gives back. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * Thrown where JSON would lose or change something of a value; the message names its place by a JSON pointer, and what
 * would be right.
 */
export class JsonRefusal extends Error {
  override readonly name = 'JsonRefusal';
  /** JSON can carry the value, which is only larger than any payload may be. */
  readonly isTooLarge: boolean;

  constructor(message: string, isTooLarge = false) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

/** No data gets deeper, and a circle has no end: what walks a value calls itself at each level. */
const MAX_LEVELS = 500;

/** No payload may be longer. A value that is not a tree is written out at each place that refers to it. */
const MAX_JSON_CHARACTERS = 10_000_000;

/** A longer path is cut: so much of it says enough. */
const MAX_POINTER_CHARACTERS = 200;

/**
 * Returns the value as JSON carries it, in a copy that nobody else can change: plain objects, lists, texts, finite numbers,
 * `true`, `false` and `null`; what has a `toJSON`, a valid `Date` for one, by what that returns; an instance of a class by
 * its own fields. Members of objects that are `undefined` are left out, and `undefined` itself is `null`. Throws
 * `JsonRefusal` for whatever else JSON would lose or change.
 */
export const jsonValueOf = (value: unknown): JsonValue =>
  value === undefined ? null : new JsonCopy(refuse, MAX_JSON_CHARACTERS).of(value, undefined);

/** Returns the name of a member as a part of a JSON pointer (RFC 6901). */
export const pointerPart = (key: PropertyKey): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The place of a value is kept as the way back to the root, so that only a refusal has to write it out. */
type Place = { readonly key: PropertyKey; readonly within: Place } | undefined;

/** What JSON cannot carry, as a message names it, and what would be right instead. */
type Refused = { readonly value: unknown; readonly what: string; readonly advice: string; readonly isTooLarge?: true };

function refuse({ what, advice, isTooLarge }: Refused, place: Place): never {
  throw new JsonRefusal(`${what}${place === undefined ? '' : ` at ${pointerOf(place)}`}: ${advice}`, isTooLarge);
}

function pointerOf(place: Place): string {
  const parts: string[] = [];
  for (let at = place; at !== undefined; at = at.within) parts.push(pointerPart(at.key));
  const pointer = parts.reverse().join('');
  return pointer.length > MAX_POINTER_CHARACTERS ? `${pointer.slice(0, MAX_POINTER_CHARACTERS)}…` : pointer;
}

/** Copies values as JSON carries them; `refused` gives what takes the place of one that it does not carry, or throws. */
export class JsonCopy {
  readonly #refused: (refused: Refused, place: Place) => JsonValue;
  #charactersLeft: number;
  #levels = 0;

  constructor(refused: (refused: Refused, place: Place) => JsonValue, maxCharacters: number) {
    this.#refused = refused;
    this.#charactersLeft = maxCharacters;
  }

  of(value: unknown, place?: Place): JsonValue {
    // No value takes fewer characters.
    this.#charactersLeft -= typeof value === 'string' ? value.length + 2 : 2;
    if (this.#charactersLeft < 0) {
      return this.#refused({ value, what: 'more', advice: 'return less', isTooLarge: true }, place);
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    const not = (what: string, advice: string) => this.#refused({ value, what, advice }, place);
    switch (typeof value) {
      case 'number':
        if (Number.isFinite(value)) return value;
        return not(String(value), 'JSON would make it null; return a finite number, or null');
      case 'object':
        return this.#ofObject(value, place);
      case 'undefined':
        return not('undefined', 'JSON would make it null; leave it out, or return null');
      case 'bigint':
        return not('a bigint', 'JSON has no such number; return its text, String(value)');
      default:
        return not(`a ${typeof value}`, 'JSON would leave it out; return data alone');
    }
  }

  #ofObject(value: object, place: Place): JsonValue {
    if (this.#levels >= MAX_LEVELS) {
      const advice = 'return something flatter, without a circle';
      return this.#refused({ value, what: `more than ${MAX_LEVELS} levels`, advice }, place);
    }
    this.#levels++;
    try {
      return this.#ofParts(value, place);
    } catch (error) {
      if (error instanceof JsonRefusal) throw error;
      const advice = `reading it throws: ${errorText(error)}`;
      return this.#refused({ value, what: 'something that cannot be read', advice }, place);
    } finally {
      this.#levels--;
    }
  }

  #ofParts(value: object, place: Place): JsonValue {
    if (Array.isArray(value)) return this.#ofList(value, place);
    if (isBytes(value)) {
      const advice = "return text, such as Buffer.from(bytes).toString('base64')";
      return this.#refused({ value, what: `bytes (${nameOf(value)})`, advice }, place);
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#ofMade(value, value.toJSON(), place);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      return this.of(value.valueOf(), place);
    }
    const advice = isPlain(value) ? undefined : adviceOnInstance(value);
    return advice === undefined
      ? this.#ofMembers(value, place)
      : this.#refused({ value, what: nameOf(value), advice }, place);
  }

  /** Copies an object with a `toJSON`, which has `made` this of it. */
  #ofMade(value: object, made: unknown, place: Place): JsonValue {
    if (made === value) return this.#ofMembers(value, place);
    if (value instanceof Date && made === null) {
      const advice = 'JSON would make it null; return a valid one, or null';
      return this.#refused({ value, what: 'an invalid date', advice }, place);
    }
    if (made !== undefined) return this.of(made, place);
    return this.#refused(
      { value, what: nameOf(value), advice: 'its toJSON returns nothing; return data instead' },
      place,
    );
  }

  #ofList(list: readonly unknown[], within: Place): JsonValue {
    // Names that are no index of the list come last.
    const name = Object.keys(list).at(-1);
    if (name !== undefined && !/^\d+$/.test(name)) {
      const refused = {
        value: list,
        what: `the member "${name}" of a list`,
        advice: 'JSON would leave it out; return an object',
      };
      return this.#refused(refused, within);
    }
    const copy: JsonValue[] = [];
    for (let key = 0; key < list.length && this.#charactersLeft >= 0; key++) {
      const place = { key, within };
      if (key in list) copy.push(this.of(list[key], place));
      else {
        this.#charactersLeft -= 2;
        const advice = 'JSON would make it null; fill it, or put null there';
        copy.push(this.#refused({ value: undefined, what: 'a gap', advice }, place));
      }
    }
    return copy;
  }

  #ofMembers(value: object, within: Place): JsonValue {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (!Object.prototype.propertyIsEnumerable.call(value, symbol)) continue;
      const advice = 'JSON would leave it out; name it by a text';
      return this.#refused({ value, what: `the member ${String(symbol)} of an object`, advice }, within);
    }
    const members = Object.keys(value).flatMap((key): [string, JsonValue][] => {
      const member: unknown = value[key as keyof typeof value];
      if (member === undefined || this.#charactersLeft < 0) return [];
      this.#charactersLeft -= key.length + 2;
      return [[key, this.of(member, { key, within })]];
    });
    // Its members are defined, not set: one may be called `__proto__`.
    return Object.fromEntries(members);
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  '[object Map]': 'return Object.fromEntries(map), or [...map]',
  '[object Set]': 'return [...set]',
  '[object Promise]': 'await it',
  '[object FanOut]': 'return it by itself, from the run of a type that has fanOut.combine',
};

/** Says what to do about an instance of a class that JSON would lose something of; `undefined` where its fields are all. */
function adviceOnInstance(value: object): string | undefined {
  const kind = Object.prototype.toString.call(value);
  if (kind !== '[object Object]')
    return `JSON would lose what it holds; ${ADVICE[kind] ?? 'return a plain object of it'}`;
  if (Object.keys(value).length === 0)
    return 'it has no fields, so JSON would keep nothing of it; return a plain object';
  const getter = getterOf(value);
  if (getter === undefined) return undefined;
  return `JSON would leave out its getter "${getter}"; give its class a toJSON, or return a plain object`;
}

/** Names the class of a value as a sentence does: `a Map`. */
export function nameOf(value: object): string {
  const name: unknown = value.constructor?.name;
  const shown = typeof name === 'string' && name !== '' ? name : 'object';
  return `${/^([aeio]|u(?!int))/i.test(shown) ? 'an' : 'a'} ${shown}`;
}

const isBytes = (value: object): boolean =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

/** Says whether an object was made by `{}`, by `Object.create(null)` or by a parser, in this realm or in another. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  return (
    prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  );
}

/** Returns the first getter of a class for which its instances have no field. */
function getterOf(value: object): string | undefined {
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.getPrototypeOf(at) === null) return undefined;
    for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined && !Object.hasOwn(value, key)) return key;
    }
  }
  return undefined;
}

/** Returns the text of an error that a handler's code threw, as far as it can be read. */
function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something that has no text';
  }
}

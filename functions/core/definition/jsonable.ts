import type { JsonValue } from '../json.ts';

/** Is what a function without a `return` gives: `undefined` too is assignable to it. */
type Nothing = ReturnType<() => void>;

/** What JSON would lose, whatever it holds. */
type Lost =
  | bigint
  | symbol
  | ((...args: never) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | PromiseLike<unknown>
  | Bytes;
type Bytes = ArrayBufferView | ArrayBuffer;
type Serializable = { toJSON(...args: never): unknown };

/** Says what would be right in place of what JSON would lose; of all else it is `never`. TypeScript shows it beside the place. */
type Advice<T> = unknown extends T
  ? never
  : T extends bigint
    ? 'JSON has no bigint: return its text, String(value)'
    : T extends symbol
      ? 'JSON has no symbol: return data alone'
      : T extends (...args: never) => unknown
        ? 'JSON would leave a function out: return data alone'
        : T extends ReadonlyMap<unknown, unknown>
          ? 'JSON would lose what a Map holds: return Object.fromEntries(map), or [...map]'
          : T extends ReadonlySet<unknown>
            ? 'JSON would lose what a Set holds: return [...set]'
            : T extends PromiseLike<unknown>
              ? 'JSON would lose what a promise gives: await it'
              : T extends Bytes
                ? "JSON has no bytes: return text, such as Buffer.from(bytes).toString('base64')"
                : never;

/**
 * Checks at compile time what a handler returns, by its structure: values of interfaces, optional fields and nothing at all
 * pass. What JSON would lose becomes a text that says what would be right. `unknown` passes too: the executor looks at the
 * value itself (`core/json.ts`).
 */
type Jsonable<T> = unknown extends T
  ? unknown
  : T extends JsonValue | Nothing
    ? JsonValue | Nothing
    : T extends Bytes
      ? Advice<T>
      : T extends Serializable
        ? JsonableBySelf<T>
        : T extends Lost
          ? Advice<T>
          : JsonableMembers<T>;

type JsonableBySelf<T extends Serializable> = { toJSON(...args: never): Jsonable<ReturnType<T['toJSON']>> };

type JsonableMembers<T> = {
  readonly [Name in keyof T]: T extends readonly unknown[] ? JsonableItem<T[Name]> : JsonableMember<Name, T[Name]>;
};

type JsonableMember<Name, T> = Name extends symbol ? 'JSON would leave it out: name it by a text' : Jsonable<T>;

type JsonableItem<T> = unknown extends T
  ? unknown
  : T extends Nothing
    ? 'JSON would make null of undefined in a list: put null there'
    : Exclude<Jsonable<T>, Nothing>;

/**
 * Is `Jsonable` as a constraint may be of the type that it checks: no condition on that alone. What is lost as a whole passes
 * it, as `Advice` says that at the handler itself.
 */
export type JsonableReturn<T> =
  | JsonableMembers<Exclude<T, Lost | Serializable>>
  | null
  | undefined
  | ([Extract<T, Lost>] extends [never] ? never : Lost)
  | ([Extract<T, Serializable>] extends [never] ? never : JsonableBySelf<Extract<T, Serializable>>)
  | ([T] extends [NonNullable<unknown> | null | Nothing] ? never : unknown);

/** Says at a handler what would be right in place of all that it returns, where JSON would lose that. */
export type Advised<Handler extends string, Returned, Given> = [Given] extends [never]
  ? [Advice<Returned>] extends [never]
    ? unknown
    : { readonly [Name in Handler]: Advice<Returned> }
  : unknown;

/** Tells what is kept of a value: dates and whatever else has a `toJSON` by what that returns, and nothing at all as `null`. */
export type Jsonified<T> = unknown extends T
  ? JsonValue
  : T extends JsonValue
    ? T
    : T extends Nothing
      ? null
      : T extends { toJSON(...args: never): infer Made }
        ? Jsonified<Made>
        : T extends readonly unknown[]
          ? { readonly [Place in keyof T]: Jsonified<T[Place]> }
          : T extends object
            ? JsonifiedObject<T>
            : never;

/** A member that may be `undefined` may be missing in JSON. */
type JsonifiedObject<T extends object> = Merged<
  { readonly [Name in SetMembers<T>]: Jsonified<T[Name]> } & {
    readonly [Name in Exclude<keyof T, SetMembers<T>>]?: Jsonified<Exclude<T[Name], undefined>>;
  }
>;
type SetMembers<T> = { [Name in keyof T]-?: undefined extends T[Name] ? never : Name }[keyof T];
type Merged<T> = { [Name in keyof T]: T[Name] };

/** Is a type whose lists may be of those that nobody changes, as those of literals are. */
export type Frozen<T> = unknown extends T ? T : { readonly [Name in keyof T]: Frozen<T[Name]> };

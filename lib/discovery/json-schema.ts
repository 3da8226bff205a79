/** JSON Schema of this version is what the API shows. */
const TARGET = 'draft-2020-12';

/** A part that has no JSON Schema, as zod tells of it. */
type Unwritable = {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string } } };
  readonly path: readonly (string | number)[];
  readonly message: string;
};
type Options = { readonly target: string; readonly libraryOptions?: Readonly<Record<string, unknown>> };
type Write = (options: Options) => Readonly<Record<string, unknown>>;

/** What a schema of a library that speaks Standard JSON Schema has. */
export type WritableSchema = {
  readonly '~standard'?: { readonly jsonSchema?: { readonly input?: Write; readonly output?: Write } };
};

/** Returns the JSON Schema of what a schema takes, or makes. Throws an error that says which parts of it have none, and what would be right. */
export function jsonSchemaOf(schema: WritableSchema, side: 'input' | 'output'): Readonly<Record<string, unknown>> {
  const write = schema['~standard']?.jsonSchema?.[side];
  if (write === undefined) throw new Error('its library does not speak Standard JSON Schema');
  try {
    return write({ target: TARGET });
  } catch (error) {
    const parts = unwritableParts(write);
    if (parts.length === 0) throw error;
    throw new Error(parts.map((part) => sentenceOf(part, side)).join('; '), { cause: error });
  }
}

/** Asks zod for all such parts, by an option of its own: another library says of the first one what it says. */
function unwritableParts(write: Write): Unwritable[] {
  const parts: Unwritable[] = [];
  const unrepresentable = (part: Unwritable): 'any' => {
    parts.push(part);
    return 'any';
  };
  try {
    write({ target: TARGET, libraryOptions: { unrepresentable } });
  } catch {
    // What it throws now is not about one part.
  }
  return parts;
}

/** What takes the place of a part, by its kind: in an input, which a handler may want as something else, and in an output. */
const INSTEAD: Readonly<Record<string, Readonly<Record<'input' | 'output', string>>>> = {
  date: {
    input: 'z.iso.datetime(), with .transform((text) => new Date(text)) where the handler wants a Date',
    output: 'z.iso.datetime(), as a Date is kept as its text',
  },
  bigint: {
    input: 'z.string().regex(/^-?\\d+$/), with .transform(BigInt) where the handler wants a bigint',
    output: 'z.string().regex(/^-?\\d+$/), and return String(value)',
  },
  map: {
    input: 'z.record(z.string(), ...), with .transform((members) => new Map(Object.entries(members)))',
    output: 'z.record(z.string(), ...), and return Object.fromEntries(map)',
  },
  set: {
    input: 'z.array(...), with .transform((items) => new Set(items)) where the handler wants a Set',
    output: 'z.array(...), and return [...set]',
  },
  ...forBoth('undefined', 'z.null(), or .optional() on what may be missing'),
  ...forBoth('void', 'z.null(), or .optional() on what may be missing'),
  ...forBoth('nan', 'z.number().nullable()'),
  ...forBoth('symbol', 'z.string()'),
  ...forBoth('function', 'a schema of data'),
  ...forBoth('custom', 'a schema of JSON, such as z.string(), with .refine(...) for the check'),
  ...forBoth('transform', '.pipe(...) behind the transform, with a schema of what that gives'),
};

function forBoth(kind: string, instead: string): Record<string, Record<'input' | 'output', string>> {
  return { [kind]: { input: instead, output: instead } };
}

function sentenceOf({ zodSchema, path, message }: Unwritable, side: 'input' | 'output'): string {
  const place = placeOf(path);
  const instead = INSTEAD[zodSchema._zod.def.type]?.[side];
  return `${message}${place === '' ? '' : `, at "${place}"`}${instead === undefined ? '' : `: write ${instead}`}`;
}

/** Writes a place within a JSON Schema as one within its values: `lines[].at`. */
function placeOf(path: readonly (string | number)[]): string {
  let place = '';
  for (let at = 0; at < path.length; at++) {
    const part = path[at];
    if (part === 'items' || part === 'additionalProperties') place += '[]';
    else if (part === 'properties') place += `${place === '' ? '' : '.'}${path[++at]}`;
    else if (part === 'prefixItems') place += `[${path[++at]}]`;
    // The parts of a union are of the same place.
    else at++;
  }
  return place;
}

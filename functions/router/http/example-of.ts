type JsonSchema = {
  readonly type?: unknown;
  readonly examples?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly [keyword: string]: unknown;
};

/** Stands for a text of each format that schemas name most. */
const TEXTS: Readonly<Record<string, string>> = {
  uri: 'https://example.com/',
  email: 'ada@example.com',
  uuid: '3f0c1a52-8a4e-4a53-9f5e-0d6b1c2e7f10',
  date: '2026-11-28',
  'date-time': '2026-11-28T09:30:00Z',
};

/** Stands for a value of each type that no schema says more of. */
const PLAIN: Readonly<Record<string, unknown>> = { string: 'text', number: 1, integer: 1, boolean: true, null: null };

/**
 * Returns a value that a JSON Schema may take: its own example, or one made of those of its parts. It is a guess, which whoever
 * shows it holds against the schema; `undefined` where there is none.
 */
export function exampleOf(schema: JsonSchema): unknown {
  const { examples, type, properties = {}, required = [], anyOf, oneOf, items } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  for (const keyword of ['const', 'default', 'minimum']) if (keyword in schema) return schema[keyword];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (typeof schema.format === 'string' && schema.format in TEXTS) return TEXTS[schema.format];
  if (type === 'object') {
    const parts = required.map((name) => [name, exampleOf(properties[name] ?? {})] as const);
    return parts.some(([, part]) => part === undefined) ? undefined : Object.fromEntries(parts);
  }
  const alternative = (anyOf ?? oneOf)?.[0];
  if (alternative !== undefined) return exampleOf(alternative);
  if (type === 'array') return items === undefined ? [] : [exampleOf(items)].filter((item) => item !== undefined);
  return typeof type === 'string' ? PLAIN[type] : undefined;
}

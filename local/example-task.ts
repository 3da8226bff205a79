import * as z from 'zod';

const definitionsSchema = z.object({
  items: z.array(z.object({ type: z.string(), inputSchema: z.record(z.string(), z.unknown()) })),
});

type JsonSchema = {
  readonly type?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
};

/** Returns the body of a submit to begin with: of a task type of the deployment, with the input that its schema asks for at least. */
export async function exampleTask(url: string, apiKey: string): Promise<string> {
  const answer = await fetch(`${url}/api/definitions`, { headers: { authorization: `Bearer ${apiKey}` } });
  const { items } = definitionsSchema.parse(await answer.json());
  const [first] = items.toSorted((a, b) => sizeOf(a.inputSchema) - sizeOf(b.inputSchema));
  return JSON.stringify({ type: first?.type, input: first && exampleInput(first.inputSchema) });
}

const sizeOf = ({ required = [] }: JsonSchema): number => required.length;

/** Returns a value that a JSON Schema is likely to take: of each field that it requires, an example, or the least of its kind. */
export function exampleInput(schema: JsonSchema): unknown {
  const { type, examples = [], enum: values = [], properties = {}, required = [] } = schema;
  if (examples.length > 0) return examples[0];
  if (values.length > 0) return values[0];
  const fields = (): [string, unknown][] => required.map((name) => [name, exampleInput(properties[name] ?? {})]);
  const ofKind: Readonly<Record<string, unknown>> = { string: 'text', number: 1, integer: 1, boolean: true, array: [] };
  return type === 'object' ? Object.fromEntries(fields()) : (ofKind[type ?? ''] ?? null);
}

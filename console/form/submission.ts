import { type Definition, PRIORITIES } from '../api/definition.ts';
import { type Field, fieldOf } from './field.ts';

const text = (description: string, maxLength: number): Field => ({
  kind: 'text',
  isLong: false,
  maxLength,
  description,
});

const wholeNumber = (description: string, minimum: number, maximum: number): Field => ({
  kind: 'number',
  isWhole: true,
  minimum,
  maximum,
  description,
});

/** What a submit takes beside type and input. The limits are the API's to check; these are to be read. */
const OPTIONS: Readonly<Record<string, Field>> = {
  priority: { kind: 'choice', options: PRIORITIES, description: 'That of the type, if not given.' },
  delaySeconds: wholeNumber('Runs only after so many seconds.', 0, 31_536_000),
  workflowInstanceId: text('The workflow that it belongs to: its tasks are listed together.', 128),
  tags: { kind: 'list', item: text('Such as order/7: 1 to 64 letters, digits and . _ : / = @ -', 64) },
  assignee: {
    kind: 'object',
    description: 'Whom it is for: the tasks of an assignee are listed together.',
    properties: [
      { name: 'type', isRequired: true, field: text('Such as user or team.', 64) },
      { name: 'id', isRequired: true, field: text('Which one.', 128) },
    ],
  },
  maxAttempts: wholeNumber('That of the type, if not given.', 1, 20),
  timeoutSeconds: { kind: 'number', isWhole: true, description: 'Of one attempt; that of the type, if not given.' },
};

export const OPTIONS_FIELD: Field = {
  kind: 'object',
  properties: Object.entries(OPTIONS).map(([name, field]) => ({ name, isRequired: false, field })),
};

/** Returns the field of a type's input. */
export const inputField = ({ inputSchema }: Pick<Definition, 'inputSchema'>): Field => fieldOf(inputSchema);

/** Returns an input to begin with, where the schema gives one: as a whole, or for its parts. */
export function exampleOf(field: Field): unknown {
  if (field.example !== undefined) return field.example;
  if (field.kind !== 'object') return undefined;
  const parts = field.properties.flatMap(({ name, field: part }) => {
    const example = exampleOf(part);
    return example === undefined ? [] : [[name, example]];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

import type { FieldError } from '../api/problem.ts';
import type { Field, Property } from './field.ts';
import { isObject, type JsonObject, type JsonValue } from './json-value.ts';

/** What stands in a form, right or not yet: texts as they are typed, and their like in the shape of the field. */
export type Draft = string | readonly Draft[] | DraftObject;
export type DraftObject = { readonly [name: string]: Draft };

/** What a form says: `undefined` where it gives nothing. Each error has the JSON pointer of its field. */
export type Reading = { readonly value: JsonValue | undefined; readonly errors: readonly FieldError[] };

/** Makes the draft of a value, or of none: what of it the field cannot show is left out. */
export function draftOf(field: Field, value?: unknown): Draft {
  switch (field.kind) {
    case 'object':
      return Object.fromEntries(
        field.properties.map(({ name, field: part }) => [
          name,
          draftOf(part, isObject(value) ? value[name] : undefined),
        ]),
      );
    case 'list':
      return Array.isArray(value) ? value.map((item) => draftOf(field.item, item)) : [];
    case 'entries':
      return Object.entries(isObject(value) ? value : {}).map(([name, entry]) => ({
        name,
        value: draftOf(field.value, entry),
      }));
    case 'text':
      return typeof value === 'string' ? value : '';
    case 'number':
      return typeof value === 'number' ? String(value) : '';
    case 'choice':
      return value === undefined ? '' : JSON.stringify(value);
    case 'json':
      return value === undefined ? '' : JSON.stringify(value, undefined, 2);
  }
}

/** Reads a draft. An empty field gives nothing, but for a text that is required: that is the empty text. */
export function readDraft(field: Field, draft: Draft, isRequired: boolean, pointer = ''): Reading {
  switch (field.kind) {
    case 'object':
      return readObject(field.properties, draft, isRequired, pointer);
    case 'list':
      return readList(field.item, draft, isRequired, pointer);
    case 'entries':
      return readEntries(field.value, draft, isRequired, pointer);
    case 'text':
      return draft === '' && !isRequired ? NOTHING : valid(String(draft));
    case 'number':
      return readText(draft, isRequired, pointer, 'a number', (text) => numberIn(text));
    case 'choice':
      return readText(draft, isRequired, pointer, 'a choice', jsonIn);
    case 'json':
      return readText(draft, isRequired, pointer, 'JSON', jsonIn);
  }
}

const NOTHING: Reading = { value: undefined, errors: [] };
const valid = (value: JsonValue): Reading => ({ value, errors: [] });

function readText(
  draft: Draft,
  isRequired: boolean,
  field: string,
  what: string,
  parse: (text: string) => JsonValue | undefined,
): Reading {
  const text = String(draft).trim();
  if (text === '') return isRequired ? { value: undefined, errors: [{ field, message: `Give ${what}` }] } : NOTHING;
  const value = parse(text);
  return value === undefined ? { value, errors: [{ field, message: `This is not ${what}` }] } : valid(value);
}

const numberIn = (text: string): number | undefined => {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

function jsonIn(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readObject(properties: readonly Property[], draft: Draft, isRequired: boolean, pointer: string): Reading {
  const read = (inside: boolean) =>
    properties.map(({ name, field, isRequired: isNeeded }) => ({
      name,
      reading: readDraft(field, partOf(draft, name, field), inside && isNeeded, pointerTo(pointer, name)),
    }));
  // Nothing in it is needed where the whole is not, and nothing of it is given.
  const isGiven =
    isRequired || read(false).some(({ reading }) => reading.value !== undefined || reading.errors.length > 0);
  return isGiven ? assembled(read(true)) : NOTHING;
}

const partOf = (draft: Draft, name: string, field: Field): Draft =>
  isDraftObject(draft) ? (draft[name] ?? draftOf(field)) : draftOf(field);

function readList(item: Field, draft: Draft, isRequired: boolean, pointer: string): Reading {
  const items = itemsOf(draft);
  if (items.length === 0 && !isRequired) return NOTHING;
  const readings = items.map((one, index) => readDraft(item, one, true, pointerTo(pointer, index)));
  return {
    value: readings.flatMap(({ value }) => (value === undefined ? [] : [value])),
    errors: readings.flatMap(({ errors }) => errors),
  };
}

function readEntries(field: Field, draft: Draft, isRequired: boolean, pointer: string): Reading {
  const entries = itemsOf(draft).map((entry) => ({
    name: isDraftObject(entry) ? String(entry.name ?? '') : '',
    draft: isDraftObject(entry) ? (entry.value ?? '') : '',
  }));
  if (entries.length === 0 && !isRequired) return NOTHING;
  return assembled(
    entries.map(({ name, draft: one }, index) => {
      const isNamed = name !== '' && entries.findIndex((entry) => entry.name === name) === index;
      const message = name === '' ? 'Give it a name' : 'This name is there already';
      return isNamed
        ? { name, reading: readDraft(field, one, true, pointerTo(pointer, name)) }
        : { name, reading: { value: undefined, errors: [{ field: pointer, message }] } };
    }),
  );
}

const assembled = (parts: readonly { readonly name: string; readonly reading: Reading }[]): Reading => ({
  value: Object.fromEntries(
    parts.flatMap(({ name, reading: { value } }) => (value === undefined ? [] : [[name, value]])),
  ) satisfies JsonObject,
  errors: parts.flatMap(({ reading }) => reading.errors),
});

export const isDraftObject = (draft: Draft): draft is DraftObject => typeof draft === 'object' && !Array.isArray(draft);

export const itemsOf = (draft: Draft): readonly Draft[] => (Array.isArray(draft) ? draft : []);

/** Returns the JSON pointer of a part (RFC 6901). */
export const pointerTo = (pointer: string, part: string | number): string =>
  `${pointer}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

import { type Draft, isDraftObject, itemsOf, pointerTo } from './draft.ts';
import type { Field } from './field.ts';

/** Returns the JSON pointers of all that a form shows of a draft. */
export function pointersOf(field: Field, draft: Draft, pointer: string): string[] {
  switch (field.kind) {
    case 'object':
      return [
        pointer,
        ...field.properties.flatMap(({ name, field: part }) =>
          pointersOf(part, isDraftObject(draft) ? (draft[name] ?? '') : '', pointerTo(pointer, name)),
        ),
      ];
    case 'list':
      return [
        pointer,
        ...itemsOf(draft).flatMap((item, index) => pointersOf(field.item, item, pointerTo(pointer, index))),
      ];
    case 'entries':
      return [
        pointer,
        ...itemsOf(draft).flatMap((entry) =>
          isDraftObject(entry)
            ? pointersOf(field.value, entry.value ?? '', pointerTo(pointer, String(entry.name)))
            : [],
        ),
      ];
    default:
      return [pointer];
  }
}

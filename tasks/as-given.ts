import type { TaskSchema } from '../functions/core/define-task.ts';

/**
 * Holds a value against a schema, and keeps it as it was given: the copy that zod makes of an object has no member `__proto__`,
 * which is a name like any other for a column or a header.
 */
export function asGiven<T>(schema: TaskSchema<T, T>): TaskSchema<T, T> {
  const { '~standard': standard } = schema;
  return {
    '~standard': {
      ...standard,
      async validate(value) {
        const checked = await standard.validate(value);
        return checked.issues === undefined ? { value: value as T } : checked;
      },
    },
  };
}

import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What a schema has refused, each behind what `named` makes of the path to it: `lines.0.amount: must be a number`. */
export const issueTexts = (
  issues: readonly StandardSchemaV1.Issue[],
  named: (path: string) => string = (path) => path,
): string =>
  issues
    .map(({ message, path = [] }) => {
      const name = named(path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'));
      return name === '' ? message : `${name}: ${message}`;
    })
    .join('; ');

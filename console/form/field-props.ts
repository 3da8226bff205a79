import type { Draft } from './draft.ts';
import type { Field } from './field.ts';
import type { PlacedErrors } from './placed-errors.ts';

/** What a field is shown by. */
export type FieldProps = {
  readonly name: string;
  readonly field: Field;
  readonly draft: Draft;
  readonly isRequired: boolean;
  readonly pointer: string;
  readonly errors: PlacedErrors;
  readonly onChange: (draft: Draft) => void;
};

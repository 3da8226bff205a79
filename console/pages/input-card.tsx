import { useMemo, useState } from 'preact/hooks';
import type { Definition } from '../api/definition.ts';
import type { FieldError } from '../api/problem.ts';
import { type Draft, draftOf, type Reading, readDraft } from '../form/draft.ts';
import type { Field } from '../form/field.ts';
import { FieldView, Properties } from '../form/field-view.tsx';
import { isSame } from '../form/json-value.ts';
import type { PlacedErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { exampleOf, inputField } from '../form/submission.ts';

/** What of a type its input goes by. */
export type InputType = Pick<Definition, 'type' | 'inputSchema'>;

const JSON_FIELD: Field = { kind: 'json' };
const POINTER = '/input';

/** An input that is being written. */
export type InputDraft = {
  readonly field: Field;
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly reading: Reading;
  readonly pointers: readonly string[];
  readonly example: unknown;
  /** Whether it is written as JSON; `undefined` where there is no other way. */
  readonly isJson: boolean | undefined;
  /** Turns from the form to JSON or back, and returns what is in the way. */
  readonly turn: () => readonly FieldError[];
};

/** Keeps an input as it is written: by the fields of its schema, or as JSON where they cannot show it or the reader wants it so. */
export function useInput(type: InputType, input: unknown): InputDraft {
  const shaped = useMemo(() => inputField(type), [type.type]);
  const [isJson, setJson] = useState(() => shaped.kind === 'json' || !canShow(shaped, input));
  const field = isJson ? JSON_FIELD : shaped;
  const [draft, setDraft] = useState<Draft>(() => draftOf(field, input));
  const reading = readDraft(field, draft, true, POINTER);
  const turn = (): readonly FieldError[] => {
    if (isJson && reading.errors.length > 0) return reading.errors;
    if (isJson && !canShow(shaped, reading.value)) {
      return [{ field: POINTER, message: 'The form cannot show this input' }];
    }
    setDraft(draftOf(isJson ? shaped : JSON_FIELD, reading.value));
    setJson(!isJson);
    return [];
  };
  return {
    field,
    draft,
    setDraft,
    reading,
    pointers: pointersOf(field, draft, POINTER),
    example: exampleOf(shaped),
    isJson: shaped.kind === 'json' ? undefined : isJson,
    turn,
  };
}

const canShow = (field: Field, value: unknown): boolean =>
  value === undefined || isSame(readDraft(field, draftOf(field, value), true).value, value);

type InputCardProps = {
  readonly input: InputDraft;
  readonly errors: PlacedErrors;
  readonly onErrors: (errors: readonly FieldError[]) => void;
  readonly children?: preact.ComponentChildren;
};

/** Shows an input to be written; what is to be read before it stands above. */
export function InputCard({ input, errors, onErrors, children }: InputCardProps) {
  const { field, draft, setDraft, example, isJson } = input;
  return (
    <section class="card">
      {children}
      <div class="card-heading">
        <h2>Input</h2>
        <div class="actions">
          {example !== undefined && (
            <button type="button" class="quiet" onClick={() => setDraft(draftOf(field, example))}>
              Use the example
            </button>
          )}
          {isJson !== undefined && (
            <button type="button" class="quiet" onClick={() => onErrors(input.turn())}>
              {isJson ? 'As a form' : 'As JSON'}
            </button>
          )}
        </div>
      </div>
      {field.kind === 'object' ? (
        <>
          <Properties field={field} draft={draft} pointer={POINTER} errors={errors} onChange={setDraft} />
          <Messages messages={errors.get(POINTER)} />
        </>
      ) : (
        <FieldView
          name="Input"
          field={field}
          draft={draft}
          isRequired
          pointer={POINTER}
          errors={errors}
          onChange={setDraft}
        />
      )}
    </section>
  );
}

/** Shows what is wrong with a form, and with no field of it. */
export const Messages = ({ messages = [] }: { messages?: readonly string[] | undefined }) => (
  <>
    {messages.map((message) => (
      <p class="error" role="alert" key={message}>
        {message}
      </p>
    ))}
  </>
);

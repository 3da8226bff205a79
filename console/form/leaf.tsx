import { useId } from 'preact/hooks';
import { type Field, limitsOf } from './field.ts';
import type { FieldProps } from './field-props.ts';

/** Shows a field that holds one text: typed, chosen, or JSON. */
export function Leaf({ name, field, draft, isRequired, pointer, errors, onChange }: FieldProps) {
  const id = useId();
  const messages = errors.get(pointer) ?? [];
  const hint = hintOf(field);
  const described = [hint === '' ? undefined : `${id}-hint`, messages.length === 0 ? undefined : `${id}-error`];
  const attributes = {
    id,
    value: String(draft),
    'aria-invalid': messages.length > 0,
    'aria-required': isRequired,
    'aria-describedby': described.filter(Boolean).join(' ') || undefined,
  };
  return (
    <div class="field">
      <label for={id}>
        {name}
        {!isRequired && <span class="muted"> optional</span>}
      </label>
      <Control field={field} isRequired={isRequired} attributes={attributes} onChange={onChange} />
      {hint !== '' && (
        <p id={`${id}-hint`} class="muted small">
          {hint}
        </p>
      )}
      {messages.length > 0 && (
        <p id={`${id}-error`} class="error small">
          {messages.join('; ')}
        </p>
      )}
    </div>
  );
}

type Attributes = {
  readonly id: string;
  readonly value: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-required': boolean;
  readonly 'aria-describedby': string | undefined;
};

type ControlProps = {
  readonly field: Field;
  readonly isRequired: boolean;
  readonly attributes: Attributes;
  readonly onChange: (text: string) => void;
};

function Control({ field, isRequired, attributes, onChange }: ControlProps) {
  const onInput = (event: { currentTarget: { value: string } }): void => onChange(event.currentTarget.value);
  if (field.kind === 'choice') {
    return (
      <select {...attributes} onChange={onInput}>
        <option value="">{blankOf(field, isRequired)}</option>
        {field.options.map((option) => (
          <option key={JSON.stringify(option)} value={JSON.stringify(option)}>
            {wordOf(option)}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === 'number')
    return <input {...attributes} inputMode={field.isWhole ? 'numeric' : 'decimal'} onInput={onInput} />;
  if (field.kind === 'json')
    return <textarea {...attributes} class="code" spellcheck={false} rows={6} onInput={onInput} />;
  return field.kind === 'text' && field.isLong ? (
    <textarea {...attributes} rows={5} onInput={onInput} />
  ) : (
    <Line
      suggestions={field.kind === 'text' ? field.suggestions : undefined}
      attributes={attributes}
      onInput={onInput}
    />
  );
}

type LineProps = {
  readonly suggestions: readonly string[] | undefined;
  readonly attributes: Attributes;
  readonly onInput: (event: { currentTarget: { value: string } }) => void;
};

function Line({ suggestions, attributes, onInput }: LineProps) {
  const list = suggestions && `${attributes.id}-list`;
  return (
    <>
      <input {...attributes} list={list} spellcheck={false} onInput={onInput} />
      {suggestions !== undefined && (
        <datalist id={list}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </>
  );
}

const blankOf = ({ fallback }: Field, isRequired: boolean): string => {
  if (fallback !== undefined) return `${wordOf(fallback)} (default)`;
  return isRequired ? 'Choose…' : 'not given';
};

const wordOf = (option: unknown): string => (typeof option === 'string' ? option : JSON.stringify(option));

/** Says in one line what the schema says of a field. */
const hintOf = (field: Field): string =>
  [field.description, field.kind === 'number' ? limitsOf(field) : '', field.kind === 'json' ? 'As JSON.' : '']
    .filter(Boolean)
    .join(' ');

import { useId, useState } from 'preact/hooks';
import { fieldTime, timeOfField } from '../model/format.ts';

type FilterProps = {
  readonly label: string;
  readonly value: string | undefined;
  /** Is called with what holds from then on; with an empty text where nothing does. */
  readonly onChange: (value: string) => void;
};

type ChoiceFilterProps = FilterProps & { readonly options: readonly string[] };

/** Shows a choice that a list is narrowed by. A value of the address that is not among the options is one all the same. */
export function ChoiceFilter({ label, value = '', options, onChange }: ChoiceFilterProps) {
  const all = value === '' || options.includes(value) ? options : [...options, value];
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {all.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

type TextFilterProps = FilterProps & { readonly maxLength: number; readonly suggestions?: readonly string[] };

/** Shows a text that a list is narrowed by, once it is left or entered. */
export function TextFilter({ label, value = '', maxLength, suggestions, onChange }: TextFilterProps) {
  const [text, setText] = useDraft(value);
  const listId = useId();
  return (
    <label>
      {label}
      <input
        value={text}
        maxLength={maxLength}
        list={suggestions && listId}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => {
          const given = event.currentTarget.value.trim();
          setText(given);
          onChange(given);
        }}
      />
      {suggestions !== undefined && (
        <datalist id={listId}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** Shows a time, by the clock of the reader, that a list is narrowed by once it is written whole. */
export function TimeFilter({ label, value, onChange }: FilterProps) {
  const [text, setText] = useDraft(fieldTime(value));
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={text}
        min="1970-01-02T00:00"
        max="9999-12-30T23:59"
        onInput={(event) => setText(event.currentTarget.value)}
        // It changes with each digit: the year 2026 is 2 at first.
        onChange={({ currentTarget: { value: given, validity } }) => validity.valid && onChange(timeOfField(given))}
      />
    </label>
  );
}

/** Keeps what is being written, whatever the page loads meanwhile, until what holds is another. */
function useDraft(held: string): readonly [string, (text: string) => void] {
  const [draft, setDraft] = useState({ held, text: held });
  return [draft.held === held ? draft.text : held, (text) => setDraft({ held, text })];
}

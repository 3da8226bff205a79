import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { draftOf, isDraftObject, itemsOf, pointerTo } from './draft.ts';
import type { Field } from './field.ts';
import type { FieldProps } from './field-props.ts';
import { Leaf } from './leaf.tsx';

/** Shows a field with its name, what it is for, and what is wrong with it. */
export function FieldView(props: FieldProps) {
  switch (props.field.kind) {
    case 'object':
      return (
        <Group {...props}>
          <Properties {...props} />
        </Group>
      );
    case 'list':
      return <ListView {...props} item={props.field.item} />;
    case 'entries':
      return <EntriesView {...props} value={props.field.value} />;
    default:
      return <Leaf {...props} />;
  }
}

/** Shows the properties of an object, one below the other. */
export function Properties({ field, draft, pointer, errors, onChange }: Omit<FieldProps, 'name' | 'isRequired'>) {
  if (field.kind !== 'object') return null;
  const parts = isDraftObject(draft) ? draft : {};
  return (
    <>
      {field.properties.map(({ name, isRequired, field: part }) => (
        <FieldView
          key={name}
          name={name}
          field={part}
          draft={parts[name] ?? draftOf(part)}
          isRequired={isRequired}
          pointer={pointerTo(pointer, name)}
          errors={errors}
          onChange={(changed) => onChange({ ...parts, [name]: changed })}
        />
      ))}
    </>
  );
}

function ListView({ item, ...props }: FieldProps & { readonly item: Field }) {
  const { name, draft, pointer, errors, onChange } = props;
  const items = itemsOf(draft);
  return (
    <Group {...props}>
      {items.map((one, index) => (
        <div class="item" key={index}>
          <FieldView
            name={`${name} ${index + 1}`}
            field={item}
            draft={one}
            isRequired
            pointer={pointerTo(pointer, index)}
            errors={errors}
            onChange={(changed) => onChange(items.with(index, changed))}
          />
          <Remove what={`${name} ${index + 1}`} onClick={() => onChange(items.toSpliced(index, 1))} />
        </div>
      ))}
      <Add what={name} onClick={() => onChange([...items, draftOf(item)])} />
    </Group>
  );
}

function EntriesView({ value, ...props }: FieldProps & { readonly value: Field }) {
  const { name, draft, pointer, errors, onChange } = props;
  const id = useId();
  const entries = itemsOf(draft).filter(isDraftObject);
  return (
    <Group {...props}>
      {entries.map((entry, index) => (
        <div class="item entry" key={index}>
          <div class="field">
            <label for={`${id}-${index}`}>Name</label>
            <input
              id={`${id}-${index}`}
              class="code"
              value={String(entry.name)}
              spellcheck={false}
              onInput={(event) => onChange(entries.with(index, { ...entry, name: event.currentTarget.value }))}
            />
          </div>
          <FieldView
            name="Value"
            field={value}
            draft={entry.value ?? ''}
            isRequired
            pointer={pointerTo(pointer, String(entry.name))}
            errors={errors}
            onChange={(changed) => onChange(entries.with(index, { ...entry, value: changed }))}
          />
          <Remove what={`${name} ${index + 1}`} onClick={() => onChange(entries.toSpliced(index, 1))} />
        </div>
      ))}
      <Add what={name} onClick={() => onChange([...entries, { name: '', value: draftOf(value) }])} />
    </Group>
  );
}

type GroupProps = Pick<FieldProps, 'name' | 'field' | 'pointer' | 'errors' | 'isRequired'> & {
  readonly children: ComponentChildren;
};

const Group = ({ name, field, pointer, errors, isRequired, children }: GroupProps) => (
  <fieldset class="group">
    <legend>
      {name}
      {!isRequired && <span class="muted"> optional</span>}
    </legend>
    {field.description !== undefined && <p class="muted small">{field.description}</p>}
    {errors.get(pointer)?.map((message) => (
      <p class="error small" key={message}>
        {message}
      </p>
    ))}
    {children}
  </fieldset>
);

type ButtonProps = { readonly what: string; readonly onClick: () => void };

const Add = ({ what, onClick }: ButtonProps) => (
  <button type="button" class="add" onClick={onClick}>
    Add<span class="unseen"> to {what}</span>
  </button>
);

const Remove = ({ what, onClick }: ButtonProps) => (
  <button type="button" class="quiet" aria-label={`Remove ${what}`} onClick={onClick}>
    ✕
  </button>
);

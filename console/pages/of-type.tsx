import type { ComponentChild } from 'preact';
import type { Definition } from '../api/definition.ts';
import { Empty, NoTypes } from '../parts/elements.tsx';

type OfTypeProps = {
  readonly definitions: readonly Definition[];
  /** The type that was chosen; the first unless one was. */
  readonly type: string | undefined;
  readonly onChange: (type: string) => void;
  readonly children: (definition: Definition) => ComponentChild;
};

/** Lets the reader choose a task type, and shows what is to be done with it. */
export function OfType({ definitions, type = definitions[0]?.type ?? '', onChange, children }: OfTypeProps) {
  const definition = definitions.find((one) => one.type === type);
  if (definitions.length === 0) return <NoTypes />;
  return (
    <>
      <div class="field type-choice">
        <label for="type">Type</label>
        <select id="type" value={type} onChange={(event) => onChange(event.currentTarget.value)}>
          {definition === undefined && <option value={type}>{type}</option>}
          {definitions.map((one) => (
            <option key={one.type}>{one.type}</option>
          ))}
        </select>
      </div>
      {definition === undefined ? <Empty title="There is no such type here." /> : children(definition)}
    </>
  );
}

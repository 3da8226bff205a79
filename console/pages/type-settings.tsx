import { useState } from 'preact/hooks';
import { type Definition, PRIORITIES } from '../api/definition.ts';
import { ApiFailure } from '../api/problem.ts';
import { draftOf, readDraft } from '../form/draft.ts';
import type { Field } from '../form/field.ts';
import { Properties } from '../form/field-view.tsx';
import { isObject } from '../form/json-value.ts';
import { placeErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { FailureNotice } from '../parts/failure-notice.tsx';

type TypeSettingsProps = {
  readonly definition: Definition;
  readonly onChange: (patch: Readonly<Record<string, unknown>>) => Promise<void>;
};

/** Shows what of a type was set since the deploy, to be set otherwise or put back. */
export function TypeSettings({ definition, onChange }: TypeSettingsProps) {
  const field = settingsField(definition);
  const [draft, setDraft] = useState(() => draftOf(field, definition.settings));
  const [failure, setFailure] = useState<ApiFailure>();
  const { value, errors } = readDraft(field, draft, true);
  const placed = placeErrors([...errors, ...(failure?.errors ?? [])], new Set(pointersOf(field, draft, '')));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (errors.length > 0) return;
    try {
      await onChange({ ...PUT_BACK, ...(isObject(value) ? value : {}) });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      setFailure(error);
    }
  };
  return (
    <form class="card settings" onSubmit={save} noValidate>
      <h2>Settings</h2>
      <p class="muted small">
        They hold for all tenants, without a deploy, for tasks that are accepted from then on. What is not given is as
        deployed. Changing them takes a key with the scope platform.
      </p>
      <Properties
        field={field}
        draft={draft}
        pointer=""
        errors={placed}
        onChange={(changed) => {
          setFailure(undefined);
          setDraft(changed);
        }}
      />
      {failure !== undefined && <FailureNotice failure={failure} areFieldsMarked />}
      <div class="actions">
        <button type="submit" class="primary">
          Save
        </button>
      </div>
    </form>
  );
}

/** `null` puts a setting back. */
const PUT_BACK = { priority: null, timeoutSeconds: null, maxAttempts: null };

const settingsField = ({ priority, timeoutSeconds, retry }: Definition): Field => ({
  kind: 'object',
  properties: [
    setting('priority', { kind: 'choice', options: PRIORITIES, description: `Now ${priority}.` }),
    setting('timeoutSeconds', { kind: 'number', isWhole: true, description: `Now ${timeoutSeconds}.` }),
    setting('maxAttempts', { kind: 'number', isWhole: true, description: `Now ${retry.maxAttempts}.` }),
  ],
});

const setting = (name: string, field: Field) => ({ name, isRequired: false, field });

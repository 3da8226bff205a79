import { useMemo, useRef, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { Definition } from '../api/definition.ts';
import { ApiFailure, type FieldError } from '../api/problem.ts';
import { taskSchema } from '../api/task.ts';
import { type Draft, draftOf, readDraft } from '../form/draft.ts';
import type { Field } from '../form/field.ts';
import { FieldView, Properties } from '../form/field-view.tsx';
import { isObject, isSame } from '../form/json-value.ts';
import { placeErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { exampleOf, inputField, OPTIONS_FIELD } from '../form/submission.ts';
import { announce } from '../parts/announcement.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { goTo } from '../parts/navigation.ts';

const JSON_FIELD: Field = { kind: 'json' };

/** Shows the form of one type: its input by fields or as JSON, and what else a submit takes. */
export function SubmitForm({ definition, input }: { definition: Definition; input: unknown }) {
  const shaped = useMemo(() => inputField(definition), [definition.type]);
  // What the form cannot show is there as JSON.
  const [isJson, setJson] = useState(() => shaped.kind === 'json' || !canShow(shaped, input));
  const field = isJson ? JSON_FIELD : shaped;
  const [draft, setDraft] = useState<Draft>(() => draftOf(field, input));
  const [options, setOptions] = useState<Draft>(() => draftOf(OPTIONS_FIELD));
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  // A submit whose answer was lost is the same submit when it is sent again, until something is changed.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [draft, options]);

  const pointers = new Set([...pointersOf(field, draft, '/input'), ...pointersOf(OPTIONS_FIELD, options, '')]);
  const placed = placeErrors(errors, pointers);
  const reading = readDraft(field, draft, true, '/input');
  const example = exampleOf(shaped);

  const show = (found: readonly FieldError[], failed?: ApiFailure): void => {
    setErrors(found);
    setFailure(failed);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const turnTo = (json: boolean): void => {
    if (!json && (reading.errors.length > 0 || !canShow(shaped, reading.value))) {
      show(
        reading.errors.length > 0 ? reading.errors : [{ field: '/input', message: 'The form cannot show this input' }],
      );
      return;
    }
    setDraft(draftOf(json ? JSON_FIELD : shaped, reading.value));
    setJson(json);
    setErrors([]);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    const chosen = readDraft(OPTIONS_FIELD, options, true);
    const wrong = [...reading.errors, ...chosen.errors];
    if (wrong.length > 0) return show(wrong);
    setBusy(true);
    try {
      const body = { type: definition.type, input: reading.value, ...(isObject(chosen.value) ? chosen.value : {}) };
      const headers = { 'idempotency-key': idempotencyKey };
      const task = await call('api/tasks', taskSchema, { method: 'POST', body, headers });
      announce('The task is submitted.');
      goTo({ page: 'task', id: task.id });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      show(error.errors, error);
      setBusy(false);
    }
  };

  return (
    <form class="submit" ref={form} onSubmit={submit} noValidate>
      <section class="card">
        <p class="muted">{definition.description}</p>
        {definition.paused && <p class="note">This type is paused: the task will wait until it is resumed.</p>}
        <div class="card-heading">
          <h2>Input</h2>
          <div class="actions">
            {example !== undefined && (
              <button type="button" class="quiet" onClick={() => setDraft(draftOf(field, example))}>
                Use the example
              </button>
            )}
            {shaped.kind !== 'json' && (
              <button type="button" class="quiet" onClick={() => turnTo(!isJson)}>
                {isJson ? 'As a form' : 'As JSON'}
              </button>
            )}
          </div>
        </div>
        {field.kind === 'object' ? (
          <Properties field={field} draft={draft} pointer="/input" errors={placed} onChange={setDraft} />
        ) : (
          <FieldView
            name="Input"
            field={field}
            draft={draft}
            isRequired
            pointer="/input"
            errors={placed}
            onChange={setDraft}
          />
        )}
        {field.kind === 'object' && <Messages messages={placed.get('/input')} />}
      </section>
      <details
        class="card"
        open={[...placed.keys()].some((pointer) => pointer !== '' && !pointer.startsWith('/input'))}
      >
        <summary>Options</summary>
        <Properties field={OPTIONS_FIELD} draft={options} pointer="" errors={placed} onChange={setOptions} />
      </details>
      {failure !== undefined && <FailureNotice failure={failure} />}
      <Messages messages={placed.get('')} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={isBusy}>
          {isBusy ? 'Submitting…' : 'Submit'}
        </button>
      </div>
    </form>
  );
}

const canShow = (field: Field, value: unknown): boolean =>
  value === undefined || isSame(readDraft(field, draftOf(field, value), true).value, value);

const Messages = ({ messages = [] }: { messages?: readonly string[] | undefined }) => (
  <>
    {messages.map((message) => (
      <p class="error" role="alert" key={message}>
        {message}
      </p>
    ))}
  </>
);

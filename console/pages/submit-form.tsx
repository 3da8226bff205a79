import { useMemo, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { Definition } from '../api/definition.ts';
import { taskSchema } from '../api/task.ts';
import { type Draft, draftOf, readDraft } from '../form/draft.ts';
import { Properties } from '../form/field-view.tsx';
import { isObject } from '../form/json-value.ts';
import { placeErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { useSending } from '../form/sending.ts';
import { OPTIONS_FIELD } from '../form/submission.ts';
import { announce } from '../parts/announcement.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { goTo } from '../parts/navigation.ts';
import { InputCard, Messages, useInput } from './input-card.tsx';

/** Shows the form of one type: its input by fields or as JSON, and what else a submit takes. */
export function SubmitForm({ definition, input }: { definition: Definition; input: unknown }) {
  const written = useInput(definition, input);
  const [options, setOptions] = useState<Draft>(() => draftOf(OPTIONS_FIELD));
  const sending = useSending();
  // A submit whose answer was lost is the same submit when it is sent again, until something is changed.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [written.draft, options]);
  const placed = placeErrors(sending.errors, new Set([...written.pointers, ...pointersOf(OPTIONS_FIELD, options, '')]));

  const chosen = readDraft(OPTIONS_FIELD, options, true);
  const submit = async (): Promise<void> => {
    const body = {
      type: definition.type,
      input: written.reading.value,
      ...(isObject(chosen.value) ? chosen.value : {}),
    };
    const headers = { 'idempotency-key': idempotencyKey };
    const task = await call('api/tasks', taskSchema, { method: 'POST', body, headers });
    announce('The task is submitted.');
    goTo({ page: 'task', id: task.id });
  };
  const wrong = [...written.reading.errors, ...chosen.errors];

  return (
    <form class="submit" ref={sending.form} onSubmit={(event) => sending.send(event, wrong, submit)} noValidate>
      <InputCard input={written} errors={placed} onErrors={sending.show}>
        <p class="muted">{definition.description}</p>
        {definition.paused && <p class="note">This type is paused: the task will wait until it is resumed.</p>}
      </InputCard>
      <details
        class="card"
        open={[...placed.keys()].some((pointer) => pointer !== '' && !pointer.startsWith('/input'))}
      >
        <summary>Options</summary>
        <Properties field={OPTIONS_FIELD} draft={options} pointer="" errors={placed} onChange={setOptions} />
      </details>
      {sending.failure !== undefined && <FailureNotice failure={sending.failure} areFieldsMarked />}
      <Messages messages={placed.get('')} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={sending.isBusy}>
          {sending.isBusy ? 'Submitting…' : 'Submit'}
        </button>
      </div>
    </form>
  );
}

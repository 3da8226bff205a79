import { call } from '../api/call.ts';
import type { Definition } from '../api/definition.ts';
import { type Task, taskSchema } from '../api/task.ts';
import { placeErrors } from '../form/placed-errors.ts';
import { useSending } from '../form/sending.ts';
import { announce } from '../parts/announcement.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { goTo } from '../parts/navigation.ts';
import { TaskError } from '../parts/task-error.tsx';
import { InputCard, Messages, useInput } from './input-card.tsx';

/** Shows the input of a task to be changed, and runs the task again with it. */
export function RetryForm({ task, definition }: { task: Task; definition: Definition }) {
  const written = useInput(definition, task.input);
  const sending = useSending();
  const placed = placeErrors(sending.errors, new Set(written.pointers));
  const retry = async (): Promise<void> => {
    const body = { input: written.reading.value };
    await call(`api/tasks/${encodeURIComponent(task.id)}/retry`, taskSchema, { method: 'POST', body });
    announce('The task runs again with this input.');
    goTo({ page: 'task', id: task.id });
  };
  return (
    <form
      class="submit"
      ref={sending.form}
      onSubmit={(event) => sending.send(event, written.reading.errors, retry)}
      noValidate
    >
      <InputCard input={written} errors={placed} onErrors={sending.show}>
        <p class="muted">
          <code>{task.id}</code> of <code>{task.type}</code>, {task.status}. What it was given before is kept, and shown
          with the task.
        </p>
        {task.error !== undefined && <TaskError error={task.error} />}
        {(task.subtaskCount ?? 0) > 0 && (
          <p class="note">With another input it is fanned out anew: all of its subtasks run again, as new tasks.</p>
        )}
      </InputCard>
      {sending.failure !== undefined && <FailureNotice failure={sending.failure} areFieldsMarked />}
      <Messages messages={placed.get('')} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={sending.isBusy}>
          {sending.isBusy ? 'Retrying…' : 'Retry'}
        </button>
      </div>
    </form>
  );
}

import { call } from '../api/call.ts';
import { formerInputsSchema, isFinished, type Task } from '../api/task.ts';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { JsonBlock } from '../parts/json-block.tsx';
import { useLive } from '../parts/live.ts';

/** Shows what a task was given before retries gave it other inputs; nothing where none has. */
export function FormerInputs({ task }: { task: Task }) {
  const path = `api/tasks/${encodeURIComponent(task.id)}/inputs`;
  const live = useLive(
    `${path} ${task.attempt} ${isFinished(task)}`,
    (signal) => call(path, formerInputsSchema, { signal }),
    0,
    path,
  );
  return (
    <>
      {live.failure !== undefined && <FailureNotice failure={live.failure} onRetry={live.refresh} />}
      {live.data?.items.map(({ attempt, replacedAt, input }) => (
        <FormerInput key={replacedAt} title={titleOf(attempt)} input={input} />
      ))}
    </>
  );
}

const titleOf = (attempt: number): string =>
  attempt === 0 ? 'Input before any attempt' : `Input until attempt ${attempt}`;

const FormerInput = ({ title, input }: { title: string; input: unknown }) =>
  input === undefined ? (
    <section class="card">
      <h2>{title}</h2>
      <p class="muted">It is not kept any more, or too large to be shown with the others.</p>
    </section>
  ) : (
    <JsonBlock title={title} value={input} />
  );

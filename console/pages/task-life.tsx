import { attemptsSchema } from '../api/attempt.ts';
import { call } from '../api/call.ts';
import type { Task } from '../api/task.ts';
import { lifeOf } from '../model/life.ts';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { now, useLive } from '../parts/live.ts';
import { TimeLine } from '../parts/time-line.tsx';

/** Shows the time line of a task, with what each of its attempts failed by: they are read anew when there is another. */
export function TaskLife({ task }: { task: Task }) {
  const path = `api/tasks/${encodeURIComponent(task.id)}/attempts`;
  const live = useLive(
    `${path} ${task.attempt} ${task.status}`,
    async (signal) => (task.attempt === 0 ? [] : (await call(path, attemptsSchema, { signal })).items),
    0,
    path,
  );
  return (
    <>
      <h2 class="unseen">Time line</h2>
      {live.failure !== undefined && <FailureNotice failure={live.failure} onRetry={live.refresh} />}
      <TimeLine life={lifeOf(task, now.value, live.data)} />
    </>
  );
}

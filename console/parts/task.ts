import { useRef } from 'preact/hooks';
import { exchange } from '../api/call.ts';
import { isFinished, type Task, taskSchema } from '../api/task.ts';
import { queryOf } from '../model/route.ts';
import { hasWaited, pauseSecondsAfter, waitSecondsOf } from '../model/task-wait.ts';
import { type Live, useLive } from './live.ts';

/** Loads a task, and goes on until it has ended: each read waits for that, or is followed by a pause where it could not. */
export function useTask(id: string): Live<Task> {
  const path = `api/tasks/${encodeURIComponent(id)}`;
  const reads = useRef<{ path: string; seen?: Task; refusals: number }>({ path, refusals: 0 });
  if (reads.current.path !== path) reads.current = { path, refusals: 0 };
  const read = async (signal: AbortSignal): Promise<Task> => {
    const { seen, refusals } = reads.current;
    const waitSeconds = waitSecondsOf(seen);
    const began = Date.now();
    const { data: task, headers } = await exchange(
      path + queryOf({ waitSeconds: waitSeconds || undefined }),
      taskSchema,
      { signal },
    );
    const isRefused = waitSeconds > 0 && !isFinished(task) && !hasWaited(headers, Date.now() - began);
    reads.current = { path, seen: task, refusals: isRefused ? refusals + 1 : 0 };
    return task;
  };
  return useLive(path, read, (task) => (isFinished(task) ? 0 : pauseSecondsAfter(reads.current.refusals)));
}

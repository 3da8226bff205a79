import { FanOut, fail, type TaskContext } from '../core/define-task.ts';
import { inParallel } from '../core/in-parallel.ts';

const MAP_LIMIT = 10;

/** What of a handler's context needs nothing but its signal, whatever thread it runs in. */
export const plainContext = (signal: AbortSignal): Pick<TaskContext, 'signal' | 'map' | 'fanOut' | 'fail'> => ({
  signal,
  map: (items, work, limit = MAP_LIMIT) =>
    inParallel(items, limit, async (item, index) => {
      signal.throwIfAborted();
      return work(item, index);
    }),
  fanOut: (subtasks) => new FanOut(subtasks),
  fail,
});

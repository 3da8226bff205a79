/** Does work when there is room for it. Throws the signal's reason where that aborts before. */
export type Slots = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** Lets so many pieces of work go on at a time; the others wait in the order in which they came. */
export function createSlots(limit: number): Slots {
  const waiting = new Set<() => void>();
  let free = limit;
  const acquire = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (free > 0) {
        free--;
        return resolve();
      }
      const abort = () => {
        waiting.delete(next);
        reject(signal.reason);
      };
      const next = () => {
        waiting.delete(next);
        signal.removeEventListener('abort', abort);
        resolve();
      };
      waiting.add(next);
      signal.addEventListener('abort', abort, { once: true });
    });
  return async (signal, work) => {
    await acquire(signal);
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) free++;
      else next();
    }
  };
}

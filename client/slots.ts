/** Lets so many pieces of work go on at a time; the others wait in the order in which they came. */
export function createSlots(limit: number) {
  const waiting = new Set<() => void>();
  let free = limit;
  const acquire = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (free > 0) {
        free--;
        return resolve();
      }
      const abort = () => {
        waiting.delete(next);
        reject(signal?.reason);
      };
      const next = () => {
        waiting.delete(next);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      waiting.add(next);
      signal?.addEventListener('abort', abort, { once: true });
    });
  return async <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
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

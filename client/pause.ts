/** Waits so many milliseconds, or throws why `signal` aborts. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Returns a delay that doubles with each try, half of it by chance, so that those who failed together do not come together. */
export function backoff(tries: number, firstMilliseconds: number, mostMilliseconds: number): number {
  const whole = Math.min(mostMilliseconds, firstMilliseconds * 2 ** (tries - 1));
  return whole * (0.5 + Math.random() / 2);
}

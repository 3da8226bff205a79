import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiFailure } from '../api/problem.ts';
import { type Poller, startPolling } from '../model/polling.ts';

/** Whether pages refresh by themselves. The reader can stop it. */
export const isLive = signal(true);

/** The present, in milliseconds: once a second while the tab is seen. */
export const now = signal(Date.now());

const wakers = new Set<() => void>();
const isWatched = (): boolean => isLive.value && !document.hidden;

const wakeAll = (): void => {
  if (!isWatched()) return;
  now.value = Date.now();
  for (const wake of wakers) wake();
};
document.addEventListener('visibilitychange', wakeAll);
isLive.subscribe(wakeAll);
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

export type Live<T> = {
  /** The latest result; it stays while a later load fails. */
  readonly data: T | undefined;
  /** The latest load failed with this. */
  readonly failure: ApiFailure | undefined;
  readonly refresh: () => void;
  /** Puts in what the API has answered to a change, until the next load. */
  readonly put: (data: T) => void;
};

/**
 * Loads what `key` names, now and every so often. When the key changes it is loaded anew, and what was there is forgotten, unless
 * the subject is the same: then it stays until the other is there.
 */
export function useLive<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everySeconds: number | ((data: T) => number),
  subject = key,
): Live<T> {
  const [state, setState] = useState<{ subject: string; data?: T; failure?: ApiFailure }>({ subject });
  const poller = useRef<Poller | undefined>(undefined);
  // What is loaded is named by the key alone: `load` is a new function with each rendering.
  useEffect(() => {
    const started = startPolling({
      load,
      everySeconds: typeof everySeconds === 'number' ? () => everySeconds : everySeconds,
      isWatched,
      onResult: (data) => setState({ subject, data }),
      onFailure: (failure) =>
        setState((last) => ({
          subject,
          failure,
          ...(last.subject === subject && last.data !== undefined ? { data: last.data } : {}),
        })),
    });
    poller.current = started;
    wakers.add(started.wake);
    return () => {
      wakers.delete(started.wake);
      started.stop();
    };
  }, [key]);
  const isCurrent = state.subject === subject;
  return {
    data: isCurrent ? state.data : undefined,
    failure: isCurrent ? state.failure : undefined,
    refresh: () => poller.current?.refresh(),
    put: (data) => setState({ subject, data }),
  };
}

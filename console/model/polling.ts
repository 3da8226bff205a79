import type { ApiFailure } from '../api/problem.ts';

export type Polling<T> = {
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** How long to wait after a result before the next; 0 where nothing more is to be expected. */
  readonly everySeconds: (result: T) => number;
  /** Whether anyone would see a result: nothing is loaded while nobody would, but for the first. */
  readonly isWatched: () => boolean;
  readonly onResult: (result: T) => void;
  readonly onFailure: (failure: ApiFailure) => void;
};

export type Poller = {
  /** Loads now, unless it is loading, and counts the period from then. */
  readonly refresh: () => void;
  /** Tells that someone watches again: what is overdue is loaded at once. */
  readonly wake: () => void;
  readonly stop: () => void;
};

/** What is not found may be on its way yet: it is looked for so often. */
const MOST_LOOKS = 3;

/** Tells whether a call may go well when it is made again, after so many that failed: what is refused would be so again. */
const mayGoWell = ({ status = 0 }: ApiFailure, failures: number): boolean =>
  status === 404 ? failures < MOST_LOOKS : status < 400 || status === 429 || status >= 500;

/** Pauses between two tries while the API fails: twice as long each time. */
const FIRST_PAUSE_SECONDS = 2;
const MAX_PAUSE_SECONDS = 60;

/** Loads something again and again. After failures it waits longer each time, or as long as the API asks for; a refusal ends it. */
export function startPolling<T>({ load, everySeconds, isWatched, onResult, onFailure }: Polling<T>): Poller {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLoading = false;
  let isOverdue = false;
  let failures = 0;

  const schedule = (seconds: number): void => {
    clearTimeout(timer);
    if (seconds === 0) return;
    timer = setTimeout(() => {
      if (isWatched()) void run();
      else isOverdue = true;
    }, seconds * 1000);
  };
  const run = async (): Promise<void> => {
    if (isLoading || controller.signal.aborted) return;
    clearTimeout(timer);
    [isLoading, isOverdue] = [true, false];
    try {
      const result = await load(controller.signal);
      if (controller.signal.aborted) return;
      failures = 0;
      onResult(result);
      schedule(everySeconds(result));
    } catch (error) {
      if (controller.signal.aborted) return;
      failures += 1;
      const failure = error as ApiFailure;
      onFailure(failure);
      if (!mayGoWell(failure, failures)) return;
      schedule(failure.retryAfterSeconds ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** failures, MAX_PAUSE_SECONDS));
    } finally {
      isLoading = false;
    }
  };

  void run();
  return {
    refresh: () => void run(),
    wake: () => {
      if (isOverdue) void run();
    },
    stop: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

import type { AttemptSeen } from './attempts-seen.ts';

/** An executor that was killed, when (in milliseconds), and the attempts that it had under way. */
export type Kill = { readonly at: number; readonly attempts: readonly AttemptSeen[] };

/**
 * The task of a killed attempt waited so many seconds for its next one: in all, and since the last kill that can have been of
 * an executor that had its message.
 */
export type Wait = { readonly inAll: number; readonly sinceLastKill: number };

/** For so long at least, the message of an attempt that is killed is nobody else's. */
const HIDDEN_MILLISECONDS = 15_000;

/**
 * Returns what the tasks of killed attempts waited; nothing for those whose end was just written. A message of several tasks comes
 * with all of them to its next executor, which begins some and may be killed, too, before it begins the others: they wait
 * once more, though no attempt of theirs is seen in between.
 */
export function waitsOf(kills: readonly Kill[], seen: readonly AttemptSeen[]): Wait[] {
  return kills.flatMap((kill) =>
    kill.attempts.flatMap(({ task, attempt }) => {
      const next = seen.find((one) => one.task === task && one.attempt > attempt);
      if (next === undefined) return [];
      const lastKill = kills.reduce(
        (last, { at }) => (at >= last + HIDDEN_MILLISECONDS && at < next.at ? at : last),
        kill.at,
      );
      return [{ inAll: (next.at - kill.at) / 1000, sinceLastKill: (next.at - lastKill) / 1000 }];
    }),
  );
}

import type { Calls, Ended } from '../peer.ts';

/** What is asked beside the system that is measured. */
export type Probe = {
  calls(): Promise<Calls>;
  ended(ids: readonly string[]): Promise<readonly Ended[]>;
};

/** Answers the parent's questions. */
export function answerQuestions({ calls, ended }: Probe): void {
  process.on(
    'message',
    async ({ question, ids }: { readonly question: keyof Probe; readonly ids: readonly string[] }) => {
      process.send?.(question === 'calls' ? await calls() : await ended(ids));
    },
  );
  process.send?.('ready');
}

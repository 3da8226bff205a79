import { compact } from '../compact.ts';

/** How a task may have ended. */
export const END_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;
export type EndStatus = (typeof END_STATUSES)[number];

/** Where to tell of the end of a task, and of which. */
export type EndTarget = {
  readonly url: string;
  /** Of all, where it is empty. */
  readonly statuses: readonly EndStatus[];
  /** Whether the output is told as well. */
  readonly includeOutput: boolean;
};

/** A URL may have so many characters. */
export const MAX_URL_CHARACTERS = 2_048;

/** Says whether an end of this status is told to a target. */
export const isOfStatus = ({ statuses }: EndTarget, status: EndStatus): boolean =>
  statuses.length === 0 || statuses.includes(status);

/** A target as a payload keeps it, and as the API shows it: what is as usual is left out. */
type KeptTarget = { readonly url: string; readonly statuses?: EndStatus[]; readonly includeOutput?: boolean };

/** Returns a target as it is kept, and shown. */
export const keptTarget = ({ url, statuses, includeOutput }: EndTarget): KeptTarget =>
  compact({
    url,
    statuses: statuses.length === 0 ? undefined : [...statuses],
    includeOutput: includeOutput ? true : undefined,
  });

/** Reads what `keptTarget` made, or what a submit has asked for; all statuses are as good as none. */
export function targetOf(asked: unknown): EndTarget {
  const { url, statuses = [], includeOutput = false } = asked as Partial<EndTarget>;
  if (typeof url !== 'string') throw new Error('what a task has as onEnd is none');
  const named = END_STATUSES.filter((status) => statuses.includes(status));
  return { url, statuses: named.length === END_STATUSES.length ? [] : named, includeOutput };
}

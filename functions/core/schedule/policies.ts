/** What becomes of a firing while the task of the one before has not ended. */
export const OVERLAPS = ['skip', 'queue', 'cancel'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Which firings are made up for, where several are past: the latest of them, or all. */
export const MISSED = ['latest', 'all'] as const;
export type Missed = (typeof MISSED)[number];

/** What a schedule does that says nothing of these. */
export const DEFAULT_POLICIES = { overlap: 'queue', missed: 'latest' } as const;

/** Says whether a schedule would make up for all that it has missed, and let only one of them run. */
export const isOneOfMany = ({ overlap, missed }: { readonly overlap: Overlap; readonly missed: Missed }): boolean =>
  missed === 'all' && overlap !== 'queue';

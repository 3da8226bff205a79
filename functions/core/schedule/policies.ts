/** What becomes of a firing while the task of the one before has not ended. */
export const OVERLAPS = ['skip', 'queue', 'cancel'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Which firings are made up for, where several are past: the latest of them, or all. */
export const MISSED = ['latest', 'all'] as const;
export type Missed = (typeof MISSED)[number];

/** When an executor with free places asks for further messages, in milliseconds: first, and again after a receive that gave none. */
export type FillTimes = { readonly first: number; readonly again: number };

export const FILL_TIMES: FillTimes = { first: 1_000, again: 1_000 };

/** A receive that waits for a message can make an invocation a second longer: one of this age may. */
export const LONG_INVOCATION_MILLISECONDS = 5_000;

/** One receive gives so many messages at the most (SQS API reference, ReceiveMessage). */
export const MOST_RECEIVED = 10;

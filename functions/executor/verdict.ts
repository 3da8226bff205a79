/** What becomes of the message: deleted, or left on its lane and visible again after so many seconds. */
export type Verdict = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

export const DELETE: Verdict = { keep: false };

/** SQS takes up to 12 hours (43,200 s) from the delivery on. */
const LONGEST_HOLD_SECONDS = 43_000;

export const keepFor = (milliseconds: number): Verdict => ({
  keep: true,
  seconds: Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), LONGEST_HOLD_SECONDS),
});

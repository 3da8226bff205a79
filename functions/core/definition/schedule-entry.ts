/** Tells a handler of the firing that it runs for: of which schedule, and when it was due, `2026-10-25T00:30:00.000Z`. */
export type FiringContext = { readonly id: string; readonly time: string };

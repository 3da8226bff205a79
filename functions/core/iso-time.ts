/** Writes a time, in milliseconds since the epoch, as the API and the logs show it: `2026-01-31T12:00:00.000Z`. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

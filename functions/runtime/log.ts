import type { Log } from '../core/ports.ts';

/** Writes each event as one line of JSON, past Lambda's own console: what CloudWatch Logs Insights can query. */
export const log: Log = (level, event, fields) => {
  process.stdout.write(`${JSON.stringify({ ...fields, level, event, time: new Date().toISOString() })}\n`);
};

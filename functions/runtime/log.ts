import type { Log } from '../core/ports.ts';
import { withSourcePositions } from './source-positions.ts';

/** Writes each event as one line of JSON, past Lambda's own console: what CloudWatch Logs Insights can query. */
export const log: Log = (level, event, fields) => {
  const line = JSON.stringify({ ...fields, level, event, time: new Date().toISOString() });
  process.stdout.write(`${level === 'info' ? line : withSourcePositions(line)}\n`);
};

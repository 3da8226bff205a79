import { styleText } from 'node:util';
import { compact } from '../../functions/core/compact.ts';
import { printable } from '../printable.ts';

/** What a check has found. */
export type Finding = {
  readonly check: string;
  /** `failed`: a deploy would fail. `skipped`: nothing can be said until another check is well. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly found: string;
  /** What makes it well. */
  readonly mend?: string;
};

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });
export const skipped = (check: string, found: string): Finding => ({ check, status: 'skipped', found });
export const warning = (check: string, found: string, mend?: string): Finding =>
  compact({ check, status: 'warning' as const, found, mend });
export const failed = (check: string, found: string, mend?: string): Finding =>
  compact({ check, status: 'failed' as const, found, mend });

const MARKS = { ok: '✓', warning: '!', failed: '✗', skipped: '-' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'gray' } as const;
const CHECK_WIDTH = 12;

/** Writes findings for a terminal; what comes from elsewhere can do nothing to it. */
export function findingLines(findings: readonly Finding[]): string {
  const indent = ' '.repeat(CHECK_WIDTH + 4);
  return findings
    .flatMap(({ check, status, found, mend }) => {
      const lines = [...found.split('\n'), ...(mend === undefined ? [] : [`→ ${mend}`])].map(printable);
      const mark = styleText(COLOURS[status], MARKS[status], { stream: process.stdout });
      return lines.map((line, index) =>
        index === 0 ? `${mark} ${check.padEnd(CHECK_WIDTH)}  ${line}` : indent + line,
      );
    })
    .join('\n');
}

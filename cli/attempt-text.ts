import type { Attempt, LogLine } from '../client/answers.ts';
import { printable } from './printable.ts';
import { timeText } from './task-text.ts';
import { printTable } from './terminal/print.ts';

const INDENT = '  ';

/** Prints each attempt of a task, and below it what lay behind its error, and where that was thrown. */
export function printAttempts(attempts: readonly Attempt[]): void {
  console.log('attempts');
  for (const { number, outcome, startedAt, endedAt, error } of attempts) {
    const times = [startedAt, endedAt].filter((time) => time !== undefined).map(timeText);
    console.log(printable([`${INDENT}#${number}`, outcome, times.join(' to ')].filter(Boolean).join('  ')));
    if (error === undefined) continue;
    const causes = (error.causes ?? []).map(({ class: name, code, message }) =>
      ['caused by', [name, code].filter(Boolean).join(' '), message].filter(Boolean).join(' '),
    );
    const lines = [`${error.code}: ${error.message}`, ...causes, ...(error.stack?.split('\n') ?? [])];
    for (const line of lines) console.log(INDENT.repeat(3) + printable(line));
  }
}

/** Prints what was logged about a task. */
export function printLogs(lines: readonly LogLine[]): void {
  console.log('logs');
  printTable(
    lines.map(({ time, level, attempt, message, fields }) => [
      INDENT + time,
      level,
      attempt === undefined ? '' : `#${attempt}`,
      [message, fields && JSON.stringify(fields)].filter(Boolean).join('  '),
    ]),
  );
}

import { readEarlier } from './earlier.ts';
import { type Purpose, reportOf } from './report-model.ts';
import { settingOf, writeReport } from './reports.ts';
import type { Run } from './run.ts';
import type { Target } from './target.ts';

/** Writes the report of a run, and says the most of it; the exit code is 1 where something is not as it should be. */
export async function conclude(purpose: Purpose, run: Run, target: Target, isKept: boolean): Promise<void> {
  const report = reportOf(purpose, run, settingOf(target));
  const page = await writeReport(report, readEarlier(purpose.name), isKept);
  const { submit, endToEnd, rates, drainSeconds, findings } = report;
  const line = (name: string, value: unknown) => console.log(`${name.padEnd(58)} ${value}`);
  line('requests, accepted and ended a second', `${rates.requests}, ${rates.accepted}, ${rates.ended}`);
  line('submit p50, p95, p99, ms', [submit.all?.p50, submit.all?.p95, submit.all?.p99].join(', '));
  line('end to end p50, p95, p99, ms', [endToEnd.all?.p50, endToEnd.all?.p95, endToEnd.all?.p99].join(', '));
  line('drained after, s', drainSeconds ?? 'something stayed open');
  for (const { name, value, isGood } of findings) {
    line(name, `${value}${isGood === false ? '  <- not as it should be' : ''}`);
  }
  console.log(`\n${page}`);
  if (findings.some(({ isGood }) => isGood === false)) process.exitCode = 1;
}

import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { type Earlier, KEPT } from './earlier.ts';
import { pageOf } from './page/page.ts';
import type { Report, Setting } from './report-model.ts';
import type { Target } from './target.ts';

const PROJECT = join(import.meta.dirname, '../..');
const LATEST = join(PROJECT, '.millrace/loadtest');

/** Writes a report as JSON, and as a page that needs nothing beside. Returns where the page is. */
export async function writeReport(report: Report, earlier: Earlier | undefined, isKept: boolean): Promise<string> {
  const folder = isKept ? KEPT : LATEST;
  await mkdir(folder, { recursive: true });
  const page = join(folder, `${report.scenario}.html`);
  await writeFile(join(folder, `${report.scenario}.json`), `${JSON.stringify(report)}\n`);
  await writeFile(page, await pageOf(report, earlier));
  return relative(process.cwd(), page);
}

export function settingOf({ local }: Target): Setting {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain') !== '';
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    at: new Date().toISOString(),
    commit: `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' and changes' : ''}`,
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'an unknown CPU'}, ${memory} GB, Node ${process.versions.node}`,
    target: local === undefined ? 'a deployed stack' : 'the local stack of this machine',
  };
}

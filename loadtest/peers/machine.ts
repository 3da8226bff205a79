import { execFile } from 'node:child_process';
import { arch, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** What a run was made on, and of which commit. */
export type Machine = {
  readonly date: string;
  readonly commit: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
};

export async function machine(): Promise<Machine> {
  const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
  });
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: stdout.trim(),
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? '',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `${release()} ${arch()}`,
    node: process.version,
  };
}

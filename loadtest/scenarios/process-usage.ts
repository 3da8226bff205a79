import { readdir, readFile } from 'node:fs/promises';
import { parseProcessStat, TICK_MILLISECONDS } from '../process-stat.ts';

/** Whose CPU and memory is told apart. */
export const GROUPS = [
  'router',
  'executors',
  'other functions',
  'local cloud',
  'load generator',
  'everything else',
] as const;
export type Group = (typeof GROUPS)[number];

/** A process at a moment, with the CPU since the moment before. */
export type ProcessSample = {
  readonly at: number;
  readonly pid: number;
  readonly group: Group;
  readonly cpuMilliseconds: number;
  readonly residentBytes: number;
};

const EVERY_MS = 1_000;

export const groupOf = (functionName: string): Group => {
  if (functionName.endsWith('-router')) return 'router';
  return functionName.includes('-executor-') ? 'executors' : 'other functions';
};

/** Samples what this process, a local cloud's server and its children take, until it is stopped. Linux alone tells, in /proc. */
export class ProcessUsage {
  readonly samples: ProcessSample[] = [];
  readonly #serverPid: number;
  readonly #groups = new Map<number, Group>();
  readonly #cpu = new Map<number, number>();
  #own = process.cpuUsage();
  #total = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(serverPid: number) {
    this.#serverPid = serverPid;
  }

  /** Of what ran before, only what it takes from now on counts. */
  async start(): Promise<void> {
    if (process.platform !== 'linux') return;
    await this.#sample();
    this.samples.length = 0;
    this.#timer = setInterval(() => void this.#sample(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<void> {
    const at = Date.now();
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = (await Promise.all(pids.map((pid) => this.#sampleProcess(pid, at)))).flat();
    const { user, system } = process.cpuUsage(this.#own);
    this.#own = process.cpuUsage();
    const cpuMilliseconds = (user + system) / 1000;
    const residentBytes = process.memoryUsage.rss();
    found.push({ at, pid: process.pid, group: 'load generator', cpuMilliseconds, residentBytes });
    const ours = found.reduce((sum, sample) => sum + sample.cpuMilliseconds, 0);
    found.push({
      at,
      pid: 0,
      group: 'everything else',
      cpuMilliseconds: (await this.#machine()) - ours,
      residentBytes: 0,
    });
    this.samples.push(...found);
  }

  /** The CPU that the machine has used since this was asked last: where others took much of it, the run says little. */
  async #machine(): Promise<number> {
    // `cpu user nice system idle iowait irq softirq ...` (`man 5 proc_stat`).
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = (await contentOf('/proc/stat'))
      .split(/\s+/, 8)
      .map(Number);
    const total = (user + nice + system + irq + softIrq) * TICK_MILLISECONDS;
    const since = total - this.#total;
    this.#total = total;
    return since;
  }

  async #sampleProcess(pid: number, at: number): Promise<ProcessSample[]> {
    const { parent, cpuMilliseconds: cpu, residentBytes } = parseProcessStat(await contentOf(`/proc/${pid}/stat`));
    if (pid !== this.#serverPid && parent !== this.#serverPid && parent !== process.pid) return [];
    const group = this.#groups.get(pid) ?? (await this.#identify(pid, parent));
    const cpuMilliseconds = cpu - (this.#cpu.get(pid) ?? 0);
    this.#cpu.set(pid, cpu);
    return [{ at, pid, group, cpuMilliseconds, residentBytes }];
  }

  /** A child of the server is a copy of it until it becomes a function; another of ours makes load. */
  async #identify(pid: number, parent: number | undefined): Promise<Group> {
    if (pid !== this.#serverPid && parent === process.pid) return 'load generator';
    const environment = await contentOf(`/proc/${pid}/environ`);
    const name = /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(environment)?.[1];
    if (name === undefined) return 'local cloud';
    const group = groupOf(name);
    this.#groups.set(pid, group);
    return group;
  }
}

/** Empty where the process has ended meanwhile. */
const contentOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

import { type LaneLoad, type LaneLoads, loadOf, NO_LOAD } from '../core/lane/lane.ts';
import type { Log } from '../core/ports.ts';

/** The work of a lane that is reported together: so an executor writes once for some hundred small tasks. */
const REPORTED_MILLISECONDS = 5_000;

/** Returns the milliseconds of CPU that this process has taken since it started, on all its threads. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Counts what this executor does for each lane, and reports it from time to time. */
export class LoadReporter {
  readonly #loads: Pick<LaneLoads, 'add'>;
  readonly #log: Log;
  readonly #cpu: () => number;
  #cpuCounted: number;
  readonly #unreported = new Map<string, LaneLoad>();

  constructor(loads: Pick<LaneLoads, 'add'>, log: Log, cpu: () => number = cpuMilliseconds) {
    this.#loads = loads;
    this.#log = log;
    this.#cpu = cpu;
    this.#cpuCounted = cpu();
  }

  /**
   * Counts messages that came together, from an event source or by one receive. They are of one lane, which their tasks name; and
   * an invocation has an executor to itself, so the CPU that was taken since the last count is theirs.
   */
  record(
    delivered: readonly { readonly task: { readonly executorKey: string } }[],
    messages: number,
    busyMilliseconds: number,
  ): void {
    const executorKey = delivered[0]?.task.executorKey;
    const before = this.#cpuCounted;
    this.#cpuCounted = this.#cpu();
    if (executorKey === undefined) return;
    this.#count(executorKey, {
      tasks: delivered.length,
      messages,
      invocations: 1,
      busyMilliseconds,
      cpuMilliseconds: Math.round(this.#cpuCounted - before),
    });
  }

  /** Reports the lanes with enough to report. What cannot be reported is kept for the next time: nobody waits for these numbers. */
  async flush(): Promise<void> {
    for (const executorKey of [...this.#unreported.keys()]) {
      const load = this.#unreported.get(executorKey);
      if (load === undefined || load.busyMilliseconds < REPORTED_MILLISECONDS) continue;
      // It is taken out first: an invocation that ends meanwhile counts on from nothing.
      this.#unreported.delete(executorKey);
      try {
        await this.#loads.add(executorKey, load);
      } catch (error) {
        this.#count(executorKey, load);
        this.#log('warn', 'load report failed: it is sent later', { executor_key: executorKey, reason: String(error) });
      }
    }
  }

  #count(executorKey: string, load: LaneLoad): void {
    const before = this.#unreported.get(executorKey) ?? NO_LOAD;
    this.#unreported.set(
      executorKey,
      loadOf((name) => before[name] + load[name]),
    );
  }
}

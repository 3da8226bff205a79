import { type LaneLoad, type LaneLoads, loadOf, NO_LOAD } from '../core/lane/lane.ts';
import type { Log } from '../core/ports.ts';

/** Work of a lane that is told together: so an executor writes once for some hundred small tasks. */
const TOLD_MILLISECONDS = 5_000;

/** Milliseconds of CPU that this process has taken since it started, on all its threads. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Counts what this executor does for each lane, and tells it from time to time. */
export class LoadReporter {
  readonly #loads: Pick<LaneLoads, 'add'>;
  readonly #log: Log;
  readonly #cpu: () => number;
  #cpuCounted: number;
  readonly #untold = new Map<string, LaneLoad>();

  constructor(loads: Pick<LaneLoads, 'add'>, log: Log, cpu: () => number = cpuMilliseconds) {
    this.#loads = loads;
    this.#log = log;
    this.#cpu = cpu;
    this.#cpuCounted = cpu();
  }

  /**
   * Counts one invocation, which has an executor to itself: the CPU that was taken since the one before is its own. It takes from
   * one lane, which its tasks name.
   */
  record(
    arrivals: readonly { readonly task: { readonly executorKey: string } }[],
    messages: number,
    busyMilliseconds: number,
  ): void {
    const [executorKey, before] = [arrivals[0]?.task.executorKey, this.#cpuCounted];
    this.#cpuCounted = this.#cpu();
    if (executorKey === undefined) return;
    const cpu = Math.round(this.#cpuCounted - before);
    this.#count(executorKey, {
      tasks: arrivals.length,
      messages,
      invocations: 1,
      busyMilliseconds,
      cpuMilliseconds: cpu,
    });
  }

  /** Tells what has come together. What cannot be told is kept for the next time: nobody waits for these numbers. */
  async flush(): Promise<void> {
    for (const executorKey of [...this.#untold.keys()]) {
      const load = this.#untold.get(executorKey);
      if (load === undefined || load.busyMilliseconds < TOLD_MILLISECONDS) continue;
      // Taken out first: an invocation that ends meanwhile counts on from nothing.
      this.#untold.delete(executorKey);
      try {
        await this.#loads.add(executorKey, load);
      } catch (error) {
        this.#count(executorKey, load);
        this.#log('warn', 'load report failed: it is sent later', { executor_key: executorKey, reason: String(error) });
      }
    }
  }

  #count(executorKey: string, load: LaneLoad): void {
    const before = this.#untold.get(executorKey) ?? NO_LOAD;
    this.#untold.set(
      executorKey,
      loadOf((name) => before[name] + load[name]),
    );
  }
}

import { type LaneLoad, type LaneLoads, NO_LOAD } from '../core/lane.ts';
import type { Log } from '../core/ports.ts';

/** Work of a lane that is told together: so an executor writes once for some hundred small tasks. */
const TOLD_MILLISECONDS = 5_000;

/** Counts what this executor does for each lane, and tells it from time to time. */
export class Workload {
  readonly #loads: Pick<LaneLoads, 'add'>;
  readonly #log: Log;
  readonly #untold = new Map<string, LaneLoad>();

  constructor(loads: Pick<LaneLoads, 'add'>, log: Log) {
    this.#loads = loads;
    this.#log = log;
  }

  /** Counts one invocation; it takes from one lane, which its tasks name. */
  record(
    arrivals: readonly { readonly task: { readonly executorKey: string } }[],
    messages: number,
    busyMilliseconds: number,
  ): void {
    const executorKey = arrivals[0]?.task.executorKey;
    if (executorKey === undefined) return;
    this.#count(executorKey, { tasks: arrivals.length, messages, invocations: 1, busyMilliseconds });
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
        this.#log('warn', 'workload not told: it is told later', { executor_key: executorKey, reason: String(error) });
      }
    }
  }

  #count(executorKey: string, load: LaneLoad): void {
    const before = this.#untold.get(executorKey) ?? NO_LOAD;
    this.#untold.set(executorKey, {
      tasks: before.tasks + load.tasks,
      messages: before.messages + load.messages,
      invocations: before.invocations + load.invocations,
      busyMilliseconds: before.busyMilliseconds + load.busyMilliseconds,
    });
  }
}

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
    const before = this.#untold.get(executorKey) ?? NO_LOAD;
    this.#untold.set(executorKey, {
      tasks: before.tasks + arrivals.length,
      messages: before.messages + messages,
      invocations: before.invocations + 1,
      busyMilliseconds: before.busyMilliseconds + busyMilliseconds,
    });
  }

  /** Tells what has come together. What cannot be told is kept for the next time: nobody waits for these numbers. */
  async flush(): Promise<void> {
    const due = [...this.#untold].filter(([, { busyMilliseconds }]) => busyMilliseconds >= TOLD_MILLISECONDS);
    for (const [executorKey, load] of due) {
      try {
        await this.#loads.add(executorKey, load);
        this.#untold.delete(executorKey);
      } catch (error) {
        this.#log('warn', 'workload not told: it is told later', { executor_key: executorKey, reason: String(error) });
      }
    }
  }
}

import { SLICE_MILLISECONDS } from '../../contract.ts';
import type { Delivery, Log, TaskQueue } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import { isNearDeadLetter } from './redeliveries.ts';
import type { WorkUnit } from './work-unit.ts';

type SlicePorts = { readonly queue: Pick<TaskQueue, 'sendAll'>; readonly log: Log };

/**
 * Gives units that an invocation has not begun when its slice is over back to the lane, each task in a message of its own:
 * an invocation that begins now may take it, and the tasks of other tenants need not wait until all is done. Messages of
 * one task all begin at once, so none goes back twice.
 */
export class TimeSlice {
  readonly #waiting: Set<WorkUnit>;
  readonly #ports: SlicePorts;
  readonly #timer: ReturnType<typeof setTimeout>;
  #returned: Promise<ReadonlySet<TaskId>> | undefined;
  /** How many tasks have gone back so far. */
  returnedTasks = 0;

  constructor(units: readonly WorkUnit[], ports: SlicePorts) {
    this.#waiting = new Set(returnableAmong(units));
    this.#ports = ports;
    this.#timer = setTimeout(() => {
      this.#returned = this.#return([...this.#waiting]);
    }, SLICE_MILLISECONDS);
  }

  /** Returns whether a unit has gone back to its lane; otherwise it is to begin now. */
  async wasReturned(unit: WorkUnit): Promise<boolean> {
    if (this.#returned === undefined || !this.#waiting.has(unit)) {
      this.#waiting.delete(unit);
      return false;
    }
    const returned = await this.#returned;
    return unit.delivered.every(({ task }) => returned.has(task.id));
  }

  /** Is to be called when `wasReturned` has been asked of all units. */
  end(): void {
    clearTimeout(this.#timer);
  }

  async #return(units: readonly WorkUnit[]): Promise<ReadonlySet<TaskId>> {
    const tasks = units.flatMap(({ delivered }) => delivered.map(({ task }) => task));
    if (tasks.length === 0) return new Set();
    const refused = await this.#ports.queue.sendAll(tasks.map((task) => ({ task, delaySeconds: 0, isAlone: true })));
    if (refused.size > 0) this.#ports.log('warn', 'tasks not sent back: they run here', { tasks: refused.size });
    const returned = new Set(tasks.map(({ id }) => id).filter((id) => !refused.has(id)));
    this.returnedTasks = returned.size;
    return returned;
  }
}

/** A batch stays together, and a message that is replaced already is not sent once more. */
function returnableAmong(units: readonly WorkUnit[]): WorkUnit[] {
  const messages = Map.groupBy(
    units.flatMap(({ delivered }) => delivered),
    ({ delivery }) => delivery,
  );
  const isShared = (delivery: Delivery): boolean => (messages.get(delivery)?.length ?? 0) > 1;
  return units.filter(
    ({ definition, delivered }) =>
      definition === undefined && delivered.every(({ delivery }) => isShared(delivery) && !isNearDeadLetter(delivery)),
  );
}

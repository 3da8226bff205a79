import type { TaskId } from '../core/ids.ts';
import type { Clock, Delivery, Log, TaskQueue } from '../core/ports.ts';
import type { TaskSeed } from '../core/task.ts';
import type { Run } from './runs-of.ts';

/** How long an invocation goes on to begin tasks that came several to a message. */
const SLICE_MILLISECONDS = 100;

type Arrival = { readonly task: TaskSeed; readonly delivery: Delivery };
type SlicePorts = { readonly queue: Pick<TaskQueue, 'sendAll'>; readonly clock: Clock; readonly log: Log };

/**
 * What an invocation has in hand and has not begun when its slice is over goes back to the lane, in messages of its own: an
 * invocation that begins now may take it, and the tasks of other tenants need not wait until all is done. So each of
 * a bulk's tasks takes its turn with others, however long they are. Messages of one task all begin at once.
 */
export class TimeSlice {
  readonly #runs: readonly Run<Arrival>[];
  readonly #ports: SlicePorts;
  readonly #endsAt: number;
  #sentBack: Promise<ReadonlySet<TaskId>> | undefined;
  /** So far. */
  tasksGoneBack = 0;

  /** `isLast`: of messages that may not go back. */
  constructor(runs: readonly Run<Arrival>[], isLast: (delivery: Delivery) => boolean, ports: SlicePorts) {
    const sizes = Map.groupBy(
      runs.flatMap(({ arrivals }) => arrivals),
      ({ delivery }) => delivery,
    );
    const mayGoBack = ({ definition, arrivals }: Run<Arrival>): boolean =>
      definition === undefined &&
      arrivals.every(({ delivery }) => (sizes.get(delivery)?.length ?? 0) > 1 && !isLast(delivery));
    this.#runs = runs.filter(mayGoBack);
    this.#ports = ports;
    this.#endsAt = ports.clock() + SLICE_MILLISECONDS;
  }

  /** Whether a run has gone back to its lane. To be asked before it begins, in the order of the runs. */
  async hasGoneBack(run: Run<Arrival>): Promise<boolean> {
    if (this.#ports.clock() < this.#endsAt || !this.#runs.includes(run)) return false;
    this.#sentBack ??= this.#sendBack(this.#runs.slice(this.#runs.indexOf(run)));
    const sentBack = await this.#sentBack;
    return run.arrivals.every(({ task }) => sentBack.has(task.id));
  }

  async #sendBack(rest: readonly Run<Arrival>[]): Promise<ReadonlySet<TaskId>> {
    const tasks = rest.flatMap(({ arrivals }) => arrivals.map(({ task }) => task));
    const refused = await this.#ports.queue.sendAll(tasks.map((task) => ({ task, delaySeconds: 0 })));
    if (refused.size > 0) this.#ports.log('warn', 'tasks not sent back: they run here', { tasks: refused.size });
    const sentBack = new Set(tasks.map(({ id }) => id).filter((id) => !refused.has(id)));
    this.tasksGoneBack = sentBack.size;
    return sentBack;
  }
}

import { SLICE_MILLISECONDS } from '../../contract.ts';
import { chunksOf } from '../../core/concurrency.ts';
import { type BatchTaskDefinition, findBatchDefinition, type TaskCatalog } from '../../core/define-task.ts';
import type { Delivery, Log, TaskQueue } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { TaskSeed } from '../../core/task/task.ts';

type Arrival = { readonly task: TaskSeed; readonly delivery: Delivery };
type SlicePorts = { readonly queue: Pick<TaskQueue, 'sendAll'>; readonly log: Log };

/**
 * What an invocation has in hand and has not begun when its slice is over goes back to the lane, each task in a message of
 * its own: an invocation that begins now may take it, and the tasks of other tenants need not wait until all is done.
 * Messages of one task all begin at once, so none goes back twice.
 */
export class TimeSlice {
  readonly #waiting: Set<WorkUnit<Arrival>>;
  readonly #ports: SlicePorts;
  readonly #timer: ReturnType<typeof setTimeout>;
  #goneBack: Promise<ReadonlySet<TaskId>> | undefined;
  /** So far. */
  returnedTasks = 0;

  /** `stays`: a message whose tasks may not go back. */
  constructor(runs: readonly WorkUnit<Arrival>[], stays: (delivery: Delivery) => boolean, ports: SlicePorts) {
    const messages = Map.groupBy(
      runs.flatMap(({ arrivals }) => arrivals),
      ({ delivery }) => delivery,
    );
    const isShared = (delivery: Delivery): boolean => (messages.get(delivery)?.length ?? 0) > 1;
    const mayGoBack = ({ definition, arrivals }: WorkUnit<Arrival>): boolean =>
      definition === undefined && arrivals.every(({ delivery }) => isShared(delivery) && !stays(delivery));
    this.#waiting = new Set(runs.filter(mayGoBack));
    this.#ports = ports;
    this.#timer = setTimeout(() => {
      this.#goneBack = this.#sendBack([...this.#waiting]);
    }, SLICE_MILLISECONDS);
  }

  /** Whether a run has gone back to its lane; otherwise it is to begin now. */
  async wasReturned(run: WorkUnit<Arrival>): Promise<boolean> {
    if (this.#goneBack === undefined || !this.#waiting.has(run)) {
      this.#waiting.delete(run);
      return false;
    }
    const goneBack = await this.#goneBack;
    return run.arrivals.every(({ task }) => goneBack.has(task.id));
  }

  /** To be called when all have been asked for. */
  end(): void {
    clearTimeout(this.#timer);
  }

  async #sendBack(runs: readonly WorkUnit<Arrival>[]): Promise<ReadonlySet<TaskId>> {
    const tasks = runs.flatMap(({ arrivals }) => arrivals.map(({ task }) => task));
    if (tasks.length === 0) return new Set();
    const refused = await this.#ports.queue.sendAll(tasks.map((task) => ({ task, delaySeconds: 0, isAlone: true })));
    if (refused.size > 0) this.#ports.log('warn', 'tasks not sent back: they run here', { tasks: refused.size });
    const goneBack = new Set(tasks.map(({ id }) => id).filter((id) => !refused.has(id)));
    this.returnedTasks = goneBack.size;
    return goneBack;
  }
}

/** What runs together: tasks of one type that runs in batches, or one task of any other, without a definition. */
export type WorkUnit<Arrival> = { readonly arrivals: readonly Arrival[]; readonly definition?: BatchTaskDefinition };

/**
 * Cuts what has arrived into runs. A batch is of one tenant: what a handler makes of the tasks of one, an error that an
 * endpoint answers with for instance, is not for the eyes of another.
 */
export async function groupIntoUnits<Arrival extends { readonly task: TaskSeed }>(
  arrivals: readonly Arrival[],
  { catalog }: { readonly catalog: TaskCatalog },
): Promise<WorkUnit<Arrival>[]> {
  const types = [...new Set(arrivals.map(({ task }) => task.type))];
  const definitions = new Map(
    await Promise.all(types.map(async (type) => [type, await findBatchDefinition(catalog, type)] as const)),
  );
  const alone = arrivals.filter(({ task }) => definitions.get(task.type) === undefined);
  const groups = Map.groupBy(arrivals, ({ task }) => `${task.type}\n${task.tenantId}`);
  const batches = [...groups.values()].flatMap((group) => {
    const definition = definitions.get(group[0]?.task.type ?? '');
    return definition === undefined ? [] : cut(group, definition);
  });
  return [...alone.map((arrival) => ({ arrivals: [arrival] })), ...batches];
}

const cut = <Arrival>(group: readonly Arrival[], definition: BatchTaskDefinition): WorkUnit<Arrival>[] =>
  chunksOf(group, definition.batch.maxSize).map((arrivals) => ({ arrivals, definition }));

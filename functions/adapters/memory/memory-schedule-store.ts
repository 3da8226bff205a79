import type {
  DeployedSchedules,
  Schedule,
  ScheduleId,
  SchedulePage,
  ScheduleStore,
} from '../../core/schedule/schedule.ts';
import type { TenantId } from '../../core/task/ids.ts';
import { LaggingIndex, NO_LAG } from './lagging-index.ts';

const keyOf = ({ tenantId, id }: { readonly tenantId: TenantId; readonly id: ScheduleId }): string =>
  `${tenantId}#${id}`;

type Entry = { readonly key: string; readonly dueAt: number };
const inOrder = (a: Entry, b: Entry): number => a.dueAt - b.dueAt || (a.key < b.key ? -1 : Number(a.key > b.key));

/** Schedules in memory, with an index of what is due that may lag behind as DynamoDB's do. */
export class MemoryScheduleStore implements ScheduleStore {
  readonly #rows = new Map<string, Schedule>();
  readonly #due: LaggingIndex<number>;
  #deployed: DeployedSchedules = { schedules: [] };

  constructor({ lag = NO_LAG } = {}) {
    this.#due = new LaggingIndex(lag);
  }

  async create(schedule: Schedule): Promise<'created' | 'exists'> {
    if (this.#rows.has(keyOf(schedule))) return 'exists';
    this.#put(schedule);
    return 'created';
  }

  async get(tenantId: TenantId, id: ScheduleId): Promise<Schedule | undefined> {
    return this.#rows.get(keyOf({ tenantId, id }));
  }

  async list(tenantId: TenantId, limit: number, after?: ScheduleId): Promise<SchedulePage> {
    const left = [...this.#rows.values()]
      .filter((schedule) => schedule.tenantId === tenantId && (after === undefined || schedule.id > after))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const schedules = left.slice(0, limit);
    const last = schedules.at(-1);
    return { schedules, ...(last !== undefined && left.length > limit ? { next: last.id } : {}) };
  }

  async replace(schedule: Schedule): Promise<'replaced' | 'lost'> {
    if (this.#rows.get(keyOf(schedule))?.revision !== schedule.revision - 1) return 'lost';
    this.#put(schedule);
    return 'replaced';
  }

  async remove(tenantId: TenantId, id: ScheduleId): Promise<'removed' | 'missing'> {
    const key = keyOf({ tenantId, id });
    this.#due.remove(key);
    return this.#rows.delete(key) ? 'removed' : 'missing';
  }

  async *due(now: number, limit: number): AsyncGenerator<readonly Schedule[]> {
    let after: Entry | undefined;
    do {
      const page = this.#due
        .read()
        .map(([key, dueAt]): Entry => ({ key, dueAt }))
        .filter((entry) => entry.dueAt <= now && (after === undefined || inOrder(after, entry) < 0))
        .toSorted(inOrder)
        .slice(0, limit);
      this.#due.age();
      yield page.flatMap(({ key, dueAt }) => {
        const schedule = this.#rows.get(key);
        return schedule?.dueAt === dueAt ? [schedule] : [];
      });
      after = page.length < limit ? undefined : page.at(-1);
    } while (after !== undefined);
  }

  async deployed(): Promise<DeployedSchedules> {
    return this.#deployed;
  }

  async keepDeployed(deployed: DeployedSchedules): Promise<void> {
    this.#deployed = deployed;
  }

  #put(schedule: Schedule): void {
    const key = keyOf(schedule);
    const before = this.#rows.get(key)?.dueAt;
    this.#rows.set(key, schedule);
    if (schedule.dueAt === undefined) this.#due.remove(key);
    else if (schedule.dueAt !== before) this.#due.put(key, schedule.dueAt);
  }
}

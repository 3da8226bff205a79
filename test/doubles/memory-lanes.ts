import {
  type EventSources,
  type LaneLoad,
  type LaneLoads,
  type LaneSnapshot,
  type LaneState,
  loadOf,
  NO_LOAD,
  type QueueDepths,
} from '../../functions/core/lane/lane.ts';

type Lane = { depth: number; inFlight: number; maxConcurrency: number; batchSize: number; isSettled: boolean };

export class MemoryLaneLoads implements LaneLoads {
  readonly loads = new Map<string, LaneLoad>();

  async add(executorKey: string, load: LaneLoad): Promise<void> {
    const before = this.loads.get(executorKey) ?? NO_LOAD;
    this.loads.set(
      executorKey,
      loadOf((name) => before[name] + load[name]),
    );
  }

  async read(executorKeys: readonly string[]): Promise<ReadonlyMap<string, LaneLoad>> {
    return new Map([...this.loads].filter(([key]) => executorKeys.includes(key)));
  }
}

export class MemoryLaneSnapshot implements LaneSnapshot {
  #lanes: readonly LaneState[] = [];
  reads = 0;

  async read(): Promise<readonly LaneState[]> {
    this.reads += 1;
    return this.#lanes;
  }

  async write(lanes: readonly LaneState[]): Promise<void> {
    this.#lanes = lanes;
  }
}

/** Keeps lanes as SQS and Lambda have them, in the hands of the test: every lane that is asked for is there. */
export class MemoryLanes {
  readonly #lanes = new Map<string, Lane>();
  /** These are the changes that were made, in order. */
  readonly changes: [string, number][] = [];
  readonly loads = new MemoryLaneLoads();
  readonly snapshot = new MemoryLaneSnapshot();
  readonly depths: QueueDepths = { read: async (name) => depthOf(this.lane(name)) };
  readonly sources: EventSources = {
    find: async (name) => ({ id: name, ...this.lane(name) }),
    setMaxConcurrency: async (id, maxConcurrency) => {
      this.changes.push([id, maxConcurrency]);
      this.lane(id).maxConcurrency = maxConcurrency;
    },
  };

  lane(name: string): Lane {
    const maxConcurrency = name.includes('high') ? 4 : 2;
    const found = this.#lanes.get(name) ?? { depth: 0, inFlight: 0, maxConcurrency, batchSize: 10, isSettled: true };
    this.#lanes.set(name, found);
    return found;
  }
}

const depthOf = ({ depth, inFlight }: Lane) => ({ depth, inFlight });

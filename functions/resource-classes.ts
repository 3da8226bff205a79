import {
  INVOCATION_MARGIN_SECONDS,
  LANE_KINDS,
  type LaneKind,
  LONGEST_INVOCATION_SECONDS,
  MAX_MESSAGES_WITHOUT_WINDOW,
  MIN_LANE_CONCURRENCY,
  type RESOURCE_CLASSES,
  type ResourceClass,
  type SharedLaneKind,
} from './contract.ts';

/** The fewest executors of a class. */
export const MIN_CLASS_CONCURRENCY = 3;

/** The fewest executors that the lanes with work of a class can share: all may have work at once. */
export const MIN_RESERVED = MIN_LANE_CONCURRENCY * LANE_KINDS.length;

/** Waiting tasks for each executor of a class, and the share of its executors at work, that the governor aims at. */
export const WAITING_PER_EXECUTOR = 100;
export const TARGET_UTILIZATION = 0.7;

/** How the lanes of a class share its executors. */
export type ClassConcurrency = {
  /** Executors for the lanes with work, the express lane among them: the most that are at work once lanes have settled. */
  readonly reserved: number;
  /** What each lane has while no other is short of executors. */
  readonly lanes: Readonly<Record<SharedLaneKind, number>>;
};

/** The executors that a lane has while there are enough; those of the express lane are neither lent nor raised. */
export const shareOf = ({ lanes }: ClassConcurrency, kind: LaneKind): number =>
  kind === 'express' ? MIN_LANE_CONCURRENCY : lanes[kind];

/**
 * What Lambda reserves for a class whose lanes with work share `executors`: an idle lane's event source cannot ask for
 * fewer than two, and would be throttled by them on the day that it wakes. See `docs/decisions/idle-lanes-keep-two.md`.
 */
export const reservationOf = (executors: number): number => executors + MIN_LANE_CONCURRENCY * (LANE_KINDS.length - 1);

/** What a deployment says of a class. */
export type ClassSettings = ClassConcurrency & {
  /** Lambda memory in MB. CPU comes with it: one vCPU for each 1,769 MB (Lambda's documentation, "Memory"). */
  readonly memoryMb: number;
  /** Space under /tmp in MB; Lambda gives 512 MB unless asked. */
  readonly ephemeralStorageMb: number;
  /** One attempt may take so long. */
  readonly timeoutSeconds: number;
  /** Tasks that one invocation runs at a time, received ones too: more of those that wait for others and take hardly any CPU. */
  readonly concurrency: number;
  /** Executor functions, each with lanes of its own, that share the tasks of the class. */
  readonly shards: number;
};

/** A class, with what follows from its settings. */
export type DeployedClass = ClassSettings & {
  /** Lambda ends an invocation then. */
  readonly functionTimeoutSeconds: number;
  /** Messages that an event source hands to one invocation, which begins them at once. */
  readonly concurrencyPerInvocation: number;
  /** Threads for isolated handlers: as many as there is work and CPU for at once, and heap in the memory. */
  readonly threads: number;
};

/** The classes of a deployment by their names: those that some type of task asks for. */
export type DeployedClasses = Readonly<Record<string, DeployedClass>>;

/** Lambda gives one vCPU for so much memory (Lambda's documentation, "Memory"). */
const VCPU_MB = 1_769;

/**
 * Completes a class. A function that runs several tasks at a time lasts for two attempts: it takes further tasks during the first,
 * and the last of them have time to end in the second. See `docs/decisions/leases-are-renewed.md`.
 */
export function deployedClassOf(settings: ClassSettings): DeployedClass {
  const { memoryMb, timeoutSeconds, concurrency } = settings;
  const seconds = timeoutSeconds * (concurrency > 1 ? 2 : 1) + INVOCATION_MARGIN_SECONDS;
  return {
    ...settings,
    functionTimeoutSeconds: Math.min(seconds, LONGEST_INVOCATION_SECONDS),
    concurrencyPerInvocation: Math.min(concurrency, MAX_MESSAGES_WITHOUT_WINDOW),
    threads: Math.min(concurrency, Math.max(2, Math.floor(memoryMb / VCPU_MB))),
  };
}

/** A class has ten executors unless its deployment asks for more, and its lanes share them so. */
export const USUAL_SETTINGS: ClassSettings = {
  memoryMb: 256,
  ephemeralStorageMb: 512,
  timeoutSeconds: 50,
  concurrency: 10,
  reserved: 10,
  lanes: { high: 4, normal: 2, low: 2, batch: 2 },
  shards: 1,
};

const standard = (own: Partial<ClassSettings>): DeployedClass => deployedClassOf({ ...USUAL_SETTINGS, ...own });

/** The classes where a deployment begins. */
export const RESOURCE_CLASS_SPECS: Readonly<Record<(typeof RESOURCE_CLASSES)[number], DeployedClass>> = {
  default: standard({}),
  'io-intensive': standard({ memoryMb: 512, ephemeralStorageMb: 2048, concurrency: 20 }),
  'cpu-intensive': standard({ memoryMb: 3538, timeoutSeconds: 170, concurrency: 2 }),
  'memory-intensive': standard({ memoryMb: 4096, timeoutSeconds: 290, concurrency: 1 }),
};

/** Returns a class of a deployment. Throws where it has none of the name. */
export function classOf(classes: DeployedClasses, name: ResourceClass): DeployedClass {
  const found = classes[name];
  if (found === undefined) throw new Error(`there is no resource class ${name}: ${Object.keys(classes).join(', ')}`);
  return found;
}

/** The type of the tasks that tell a webhook of the end of a task. Nobody submits one, and no type of a team begins with `millrace.`. */
export const WEBHOOK_TYPE = 'millrace.webhook';

/** Returns the class whose executors deliver webhooks: where tasks wait for others, if the deployment has such a class. */
export const deliveryClassOf = (classes: Readonly<Record<string, unknown>>): ResourceClass =>
  ['io-intensive', 'default'].find((name) => Object.hasOwn(classes, name)) ?? Object.keys(classes)[0] ?? 'default';

/** Says whether tasks of a type run in a thread: as it says, and otherwise those that take the CPU. */
export const isIsolated = ({ isolated, resources }: { isolated?: boolean | undefined; resources: string }): boolean =>
  isolated ?? resources === 'cpu-intensive';

/** A function's heap may take this share of its memory; the rest is for buffers, code and the runtime itself. */
const HEAP_SHARE = 0.8;

/**
 * Returns the options that a function of so much memory gives Node. Lambda's own command line allows larger headers, and wins;
 * ours hold where the code runs elsewhere.
 */
export const nodeOptionsOf = (memoryMb: number): string =>
  `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)} --max-http-header-size=16384`;

/**
 * Returns the heap in MB of each thread of a class. Together they get three eighths of the memory: buffers and WebAssembly
 * are outside of every heap, and the executor has a heap of its own. (With two full heaps of 48 MB, the bundled executor of
 * `default` takes 195 MB of its 256.)
 */
export const threadHeapMb = ({ memoryMb, threads }: DeployedClass): number => Math.floor((memoryMb * 3) / 8 / threads);

/** Returns the vCPUs of an executor of a class: `default` has a seventh of one. */
export const vcpusOf = ({ memoryMb }: DeployedClass): number => memoryMb / VCPU_MB;

/** The name of an executor function behind the deployment's: one for each class and shard. */
export const executorNameOf = (resourceClass: ResourceClass, shard: number): string =>
  `executor-${resourceClass}-${shard}`;

/** Returns the group of the lines that an executor logs; `prefix` is what the names of a deployment begin with: `millrace-`. */
export const logGroupNameOf = (prefix: string, resourceClass: ResourceClass, shard: number): string =>
  `/aws/lambda/${prefix}${executorNameOf(resourceClass, shard)}`;

import { DEFAULT_THRESHOLDS } from './alarm-thresholds.ts';

const common = {
  retentionDays: 14,
  auditRetentionDays: 365,
  tableShards: 1,
  tableCapacity: 'onDemand',
  taskEvents: true,
  taskEventOutputs: false,
  corsOrigins: [],
  reservations: true,
  tracing: { share: 0.01 },
  alarms: DEFAULT_THRESHOLDS,
  lambdaInsights: false,
  throttle: { rate: 1000, burst: 1000 },
  apiConcurrency: {},
  bulkRatePerSecond: 200,
  scheduleTenant: 'schedules',
};

const dev = {
  ...common,
  waiters: 50,
  outboundHosts: ['*'],
  logRetentionDays: 7,
  indexShards: 1,
  retainData: false,
  deletionProtection: false,
  provisioned: false,
  accessLogs: false,
  routineLogs: true,
} as const;

/** Where the settings of a deployment begin. */
export const PRESETS = {
  dev,
  prod: {
    ...common,
    waiters: 200,
    outboundHosts: [],
    logRetentionDays: 30,
    indexShards: 8,
    retainData: true,
    deletionProtection: true,
    provisioned: { min: 3, max: 10, utilization: 0.7 },
    accessLogs: true,
    routineLogs: false,
  },
  // A new account may run ten functions at a time, all of which Lambda wants unreserved.
  trial: { ...dev, reservations: false, waiters: 2, alarms: false, retentionDays: 3, logRetentionDays: 3 },
} as const;

const MEANINGS: Readonly<Record<keyof typeof PRESETS, string>> = {
  prod: 'data outlives its stack, and tasks call only hosts that are named',
  dev: 'neither of it',
  trial: '"dev" for an account of small limits',
};

/** Names all presets in a part of a sentence, each with what it is for. */
export function describePresets(write: (name: string) => string): string {
  const described = Object.entries(MEANINGS).map(([name, meaning]) => `${write(name)} (${meaning})`);
  return `${described.slice(0, -1).join(', ')} or ${described.at(-1)}`;
}

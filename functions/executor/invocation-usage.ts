import { RESOURCE_CLASS_SPECS, type ResourceClass } from '../contract.ts';
import type { Meter } from '../core/ports.ts';

/** What `process.resourceUsage` tells that is of interest: microseconds, KB, and blocks of the file system. */
type Usage = Pick<NodeJS.ResourceUsage, 'userCPUTime' | 'systemCPUTime' | 'maxRSS' | 'fsRead' | 'fsWrite'>;

/** Begins to measure what an invocation takes of its machine; the answer ends it, and records it. */
export function measureUsage(
  resourceClass: ResourceClass,
  meter: Meter,
  usage: () => Usage = () => process.resourceUsage(),
): () => void {
  const before = usage();
  return () => {
    const after = usage();
    const cpuMicroseconds = after.userCPUTime - before.userCPUTime + after.systemCPUTime - before.systemCPUTime;
    const memoryKb = RESOURCE_CLASS_SPECS[resourceClass].memoryMb * 1024;
    meter.record(resourceClass, 'cpu', cpuMicroseconds / 1000);
    meter.record(resourceClass, 'memory', (100 * after.maxRSS) / memoryKb);
    meter.record(resourceClass, 'fileReads', after.fsRead - before.fsRead);
    meter.record(resourceClass, 'fileWrites', after.fsWrite - before.fsWrite);
  };
}

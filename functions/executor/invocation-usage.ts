import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { RESOURCE_CLASS_SPECS, type ResourceClass } from '../contract.ts';
import type { Meter } from '../core/ports.ts';
import { vcpusOf } from '../core/vcpus-of.ts';

/** What `process.resourceUsage` tells that is of interest: microseconds, KB, and blocks of the file system. */
type Usage = Pick<NodeJS.ResourceUsage, 'userCPUTime' | 'systemCPUTime' | 'maxRSS' | 'fsRead' | 'fsWrite'>;
type FileSystem = { readonly blocks: number; readonly bavail: number };

const machine = {
  usage: (): Usage => process.resourceUsage(),
  milliseconds: (): number => performance.now(),
  temporaryStorage: (): Promise<FileSystem> => statfs(tmpdir()),
};

/** Begins to measure what an invocation takes of its machine; the answer ends it, and records it. */
export function measureUsage(
  resourceClass: ResourceClass,
  meter: Meter,
  { usage, milliseconds, temporaryStorage } = machine,
): () => Promise<void> {
  const [before, started] = [usage(), milliseconds()];
  return async () => {
    const [after, lasted] = [usage(), milliseconds() - started];
    const cpuMicroseconds = after.userCPUTime - before.userCPUTime + after.systemCPUTime - before.systemCPUTime;
    const memoryKb = RESOURCE_CLASS_SPECS[resourceClass].memoryMb * 1024;
    meter.record(resourceClass, 'cpu', cpuMicroseconds / 1000);
    meter.record(resourceClass, 'cpuUtilization', cpuMicroseconds / 10 / (lasted * vcpusOf(resourceClass)));
    meter.record(resourceClass, 'memory', (100 * after.maxRSS) / memoryKb);
    meter.record(resourceClass, 'fileReads', after.fsRead - before.fsRead);
    meter.record(resourceClass, 'fileWrites', after.fsWrite - before.fsWrite);
    const { blocks, bavail } = await temporaryStorage();
    meter.record(resourceClass, 'temporaryStorage', (100 * (blocks - bavail)) / blocks);
  };
}

// Loaded into the functions of a local stack that is measured (`--import` in NODE_OPTIONS): notes garbage collections in a
// file for each process and thread, `?to=<folder>`. Plain JavaScript, for it runs before anything else.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';
import { ownBytes } from './own-memory.mjs';

const WRITE_EVERY_MS = 1_000;
/**
 * Buffers that have survived young are there until a full collection, for which V8 has no reason in minutes where the heap does not
 * grow. What is left after one is what the process keeps.
 */
const COLLECT_EVERY_MS = 60_000;
const folder = new URL(import.meta.url).searchParams.get('to') ?? '';
const file = join(folder, `${process.env.AWS_LAMBDA_FUNCTION_NAME}.${process.pid}.${threadId}`);
const nothing = { count: 0, milliseconds: 0, majors: 0, majorMilliseconds: 0 };
let noted = { ...nothing };
let writtenAt = 0;

function note(isFull) {
  writtenAt = Date.now();
  const heap = getHeapStatistics();
  const heapBytes = heap.used_heap_size;
  const roomBytes = heap.total_physical_size;
  try {
    const processBytes = ownBytes();
    appendFileSync(
      file,
      `${JSON.stringify({ at: writtenAt, isFull, heapBytes, roomBytes, processBytes, ...noted })}\n`,
    );
  } catch {} // the measurement is over
  noted = { ...nothing };
}

new PerformanceObserver((list) => {
  for (const { duration, detail } of list.getEntries()) {
    const isMajor = detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    noted.count += 1;
    noted.milliseconds += duration;
    if (isMajor) noted.majors += 1;
    if (isMajor) noted.majorMilliseconds += duration;
  }
  if (Date.now() - writtenAt >= WRITE_EVERY_MS) note(false);
}).observe({ entryTypes: ['gc'] });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
setInterval(() => {
  collect();
  note(true);
}, COLLECT_EVERY_MS).unref();

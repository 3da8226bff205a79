import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { ResourceClass } from '../contract.ts';
import { compact } from '../core/compact.ts';
import type { TaskContext } from '../core/define-task.ts';
import type { Annotations, Clock, Log, Meter, Tracing } from '../core/ports.ts';
import type { RunningTask, TaskSeed } from '../core/task/task.ts';
import { sampledTraceOf, traceIdOf } from '../core/task/trace-header.ts';
import type { Settlement } from '../core/task/transition.ts';
import { loggedValueOf } from '../core/thrown.ts';
import { withoutValues } from '../core/without-values.ts';
import { type DeployedClass, vcpusOf } from '../resource-classes.ts';

/** Logs an attempt that has been settled. What it counts for is read from its row's change (`projector/record-metrics.ts`). */
export function logAttempt(
  task: RunningTask,
  settlement: Settlement,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): void {
  const { status } = settlement;
  const fields = { ...logFieldsOf(task), duration_ms: clock() - task.startedAt };
  if ('error' in settlement) {
    const { code, message } = settlement.error;
    const details = { max_attempts: task.maxAttempts, error: code, error_message: withoutValues(message) };
    log('warn', status === 'queued' ? 'attempt failed' : 'task failed', { ...fields, ...details });
  } else {
    log('info', 'attempt ended', { ...fields, task_status: status });
  }
}

type Logged = Pick<TaskSeed, 'id' | 'type' | 'traceHeader'> & { readonly attempt?: number };

/** Returns what every line about a task, or an attempt of it, carries: `docs/runbook.md` and the saved queries look for it. */
export const logFieldsOf = ({ id, type, traceHeader, attempt }: Logged) =>
  compact({ task_id: id, task_type: type, attempt, trace_id: traceIdOf(traceHeader) });

/** The part of `process.resourceUsage` that is of interest: microseconds, KB, and blocks of the file system. */
type Usage = Pick<NodeJS.ResourceUsage, 'userCPUTime' | 'systemCPUTime' | 'maxRSS' | 'fsRead' | 'fsWrite'>;
type FileSystem = { readonly blocks: number; readonly bavail: number };

/** How full `/tmp` is, is looked at no more often: it takes as much CPU as a small task. */
const LOOK_MILLISECONDS = 1_000;

const machine = {
  usage: (): Usage => process.resourceUsage(),
  milliseconds: (): number => performance.now(),
  temporaryStorage: lookedAtRarely((): Promise<FileSystem> => statfs(tmpdir())),
};

/** Returns what was last seen, unless that is a while ago. */
export function lookedAtRarely<T>(look: () => Promise<T>, milliseconds = () => performance.now()): () => Promise<T> {
  let last: { readonly at: number; readonly seen: Promise<T> } | undefined;
  return () => {
    const now = milliseconds();
    if (last === undefined || now - last.at >= LOOK_MILLISECONDS) last = { at: now, seen: look() };
    return last.seen;
  };
}

/**
 * Begins to measure what an invocation takes of its machine; the function that it returns ends that, and records it. A disk
 * that cannot be looked at (a handler may have removed the folder) is no reason for an invocation to fail.
 */
export function measureUsage(
  resourceClass: ResourceClass,
  deployed: DeployedClass,
  { meter, log }: { readonly meter: Meter; readonly log: Log },
  { usage, milliseconds, temporaryStorage } = machine,
): () => Promise<void> {
  const before = usage();
  const started = milliseconds();
  return async () => {
    const after = usage();
    const lasted = milliseconds() - started;
    const cpuMicroseconds = after.userCPUTime - before.userCPUTime + after.systemCPUTime - before.systemCPUTime;
    const memoryKb = deployed.memoryMb * 1024;
    meter.record(resourceClass, 'cpu', cpuMicroseconds / 1000);
    meter.record(resourceClass, 'cpuUtilization', cpuMicroseconds / 10 / (lasted * vcpusOf(deployed)));
    meter.record(resourceClass, 'memory', (100 * after.maxRSS) / memoryKb);
    meter.record(resourceClass, 'fileReads', after.fsRead - before.fsRead);
    meter.record(resourceClass, 'fileWrites', after.fsWrite - before.fsWrite);
    try {
      const { blocks, bavail } = await temporaryStorage();
      if (!(blocks > 0)) throw new Error(`a file system of ${blocks} blocks`);
      meter.record(resourceClass, 'temporaryStorage', (100 * (blocks - bavail)) / blocks);
    } catch (error) {
      log('warn', 'temporary storage not measured', { reason: String(error) });
    }
  };
}

type Line = Parameters<TaskContext['log']>;
type Fields = NonNullable<Line[1]>;

/** Returns what `ctx.log` was given, as JSON and messages between threads carry it. Never throws: a line is no reason to fail. */
export function loggable(message: unknown, fields?: unknown): Line {
  const text = loggedText(message);
  if (fields === undefined) return [text];
  const value = loggedValueOf(fields);
  return [text, typeof value === 'object' && value !== null ? (value as Fields) : { value }];
}

function loggedText(message: unknown): string {
  if (typeof message === 'string') return message;
  const isPrimitive = message === null || !['object', 'function'].includes(typeof message);
  return isPrimitive ? String(message) : JSON.stringify(loggedValueOf(message));
}

/** Does something for a task in a segment of its own trace, which says what became of the attempt. */
export const inTrace = <T>(
  { id, type, traceHeader }: RunningTask,
  { tracing }: { readonly tracing: Tracing },
  work: (annotate: (more: Annotations) => void) => Promise<T>,
): Promise<T> => tracing.segment(type, sampledTraceOf(traceHeader), { task_id: id, task_type: type }, work);

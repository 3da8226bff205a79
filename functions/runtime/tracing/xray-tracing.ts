import type { Tracer } from '@aws-lambda-powertools/tracer';
import type { Context } from 'aws-lambda';
import type { Segment } from 'aws-xray-sdk-core';
import { ENV } from '../../contract.ts';
import type { Annotations, Meter, Tracing } from '../../core/ports.ts';
import { headerOf, type SampledTrace, traceIdOf } from '../../core/task/trace-header.ts';
import { log } from '../log.ts';
import { loadPutTraceSegments } from './put-trace-segments.ts';
import { documentsOf } from './trace-documents.ts';
import { TraceSender } from './trace-sender.ts';

type TracedClient = Parameters<Tracer['captureAWSv3Client']>[0];

/** These clients wait for the tracer, which is loaded by the first trace that is sampled: it takes longer than they do. */
const untraced: TracedClient[] = [];
let tracer: Tracer | undefined;
/** The first trace that is sampled makes it, so that a door which traces nothing has none of it in its bundle. */
let sender: TraceSender | undefined;

/** Records each call of an AWS client in the segment under way, wherever there is one. */
export function traced<T extends object>(client: T): T {
  if (tracer === undefined) untraced.push(client as TracedClient);
  else tracer.captureAWSv3Client(client as TracedClient);
  return client;
}

/** Says how much of its time an invocation has left. */
export type Remaining = Pick<Context, 'getRemainingTimeInMillis'>;

/** An invocation keeps so much of its time for its answer. */
const ANSWER_MILLISECONDS = 500;

/** Sends what an invocation has recorded, and counts what X-Ray does not take. Never throws. */
export async function sendTraces(door: string, meter: Meter, context: Remaining): Promise<void> {
  const lost = sender === undefined ? 0 : await sender.flush(context.getRemainingTimeInMillis() - ANSWER_MILLISECONDS);
  if (lost > 0) meter.record(door, 'lostSegments', lost);
}

/** Loads what records and sends; nothing where that fails, which is no reason for a task to. */
async function loadTracer() {
  try {
    const [{ Tracer }, { default: xray }, put] = await Promise.all([
      import('@aws-lambda-powertools/tracer'),
      import('aws-xray-sdk-core'),
      sender === undefined ? loadPutTraceSegments() : undefined,
    ]);
    if (put !== undefined) sender ??= new TraceSender({ put, clock: Date.now, log });
    if (tracer === undefined) {
      // AWS calls are captured by client, and calls of handlers by `call`: patching `http` for all would add nothing.
      tracer = new Tracer({ captureHTTPsRequests: false });
      // No part of a segment is sent before it is whole.
      xray.setStreamingThreshold(Number.MAX_SAFE_INTEGER);
      leaveSegment(tracer);
      for (const client of untraced.splice(0)) tracer.captureAWSv3Client(client);
    }
    return { provider: tracer.provider, Segment: xray.Segment };
  } catch (error) {
    log('warn', 'tracer not loaded', { reason: String(error) });
    return undefined;
  }
}

/** The SDK keeps the segment under way so in a context. */
const SEGMENT = 'segment';

/** Takes the segment from a context: the SDK begins with one of Lambda's, which is not sampled. */
function leaveSegment({ provider }: Pick<Tracer, 'provider'>): void {
  const namespace = provider.getNamespace();
  if (namespace.active) namespace.set(SEGMENT, undefined);
}

/** Returns the segment under way. What follows its end is not in its document, which is on its way. */
function openSegment(): Segment | undefined {
  const segment: Segment | undefined = tracer?.provider.getNamespace().get(SEGMENT);
  return segment?.isClosed() === false ? segment : undefined;
}

/** Returns whether a call that is made now is recorded. */
export const isRecording = (): boolean => openSegment() !== undefined;

/** The value of an annotation has no more ("AWS X-Ray segment documents"). */
const MOST_CHARACTERS = 1_000;

/** Runs work as a segment, which is sent with the others of its invocation. */
async function record<T>(
  name: string,
  { traceId, parentId }: SampledTrace,
  annotations: Annotations,
  work: (annotate: (more: Annotations) => void) => Promise<T>,
): Promise<T> {
  const loaded = await loadTracer();
  if (loaded === undefined) return work(() => {});
  const { provider } = loaded;
  const segment = new loaded.Segment(name, traceId, parentId);
  // It would go to Lambda's daemon, which takes it of invocations alone that Lambda samples.
  segment.flush = () => {};
  const annotate = (more: Annotations): void => {
    for (const [key, value] of Object.entries(more)) segment.addAnnotation(key, value.slice(0, MOST_CHARACTERS));
    if (more.error !== undefined) segment.addError(`${more.error}: ${more.error_message ?? ''}`);
  };
  annotate(annotations);
  return provider.getNamespace().runAndReturn(async () => {
    provider.setSegment(segment);
    try {
      return await work(annotate);
    } catch (error) {
      segment.addError(error instanceof Error ? error : String(error));
      throw error;
    } finally {
      segment.close();
      sender?.add(documentsOf(segment));
    }
  });
}

/** Tracing by the X-Ray SDK. */
export const xrayTracing: Tracing = {
  header: () => {
    const segment = openSegment();
    if (segment !== undefined) return headerOf(segment.trace_id, segment.id);
    // Lambda keeps the header of the invocation here, traced or not.
    const traceId = traceIdOf(process.env._X_AMZN_TRACE_ID);
    return traceId === undefined ? undefined : headerOf(traceId);
  },

  isRecording,

  segment: (name, trace, annotations, work) =>
    // A task may have been submitted while its deployment had traces.
    trace === undefined || process.env[ENV.tracedShare] === undefined
      ? work(() => {})
      : record(name, trace, annotations, work),

  call: (name, work, to = 'remote') => {
    const segment = openSegment();
    if (segment === undefined) return work();
    const part = segment.addNewSubsegment(name);
    part.namespace = to;
    return work().then(
      (answer) => {
        part.close();
        return answer;
      },
      (error) => {
        part.close(error instanceof Error ? error : String(error));
        throw error;
      },
    );
  },

  apart: (work) => {
    const loaded = tracer;
    if (loaded === undefined) return work();
    loaded.provider.getNamespace().run(() => {
      leaveSegment(loaded);
      work();
    });
  },
};

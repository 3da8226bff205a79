import type { Tracer } from '@aws-lambda-powertools/tracer';
import type { Segment } from 'aws-xray-sdk-core';
import type { Annotations, Tracing } from '../core/ports.ts';
import { keptHeader, sampledTraceOf } from '../core/task/trace-header.ts';

type TracedClient = Parameters<Tracer['captureAWSv3Client']>[0];

/** These clients wait for the tracer, which is loaded by the first trace that is sampled: it takes longer than they do. */
const untraced: TracedClient[] = [];
let tracer: Tracer | undefined;
/** The segment of the invocation, which Lambda sends: the SDK fills in whose it is. */
let invocation: Segment | undefined;

/** Lambda keeps the header of the invocation here, traced or not. */
const invocationHeader = (): string | undefined => process.env._X_AMZN_TRACE_ID;

/** Records each call of an AWS client in the segment under way, wherever there is one. */
export function traced<T extends object>(client: T): T {
  if (tracer === undefined) untraced.push(client as TracedClient);
  else tracer.captureAWSv3Client(client as TracedClient);
  return client;
}

/** Begins an invocation: loads the tracer where this is the first that is sampled. */
export async function beginTrace(): Promise<void> {
  if (sampledTraceOf(invocationHeader()) !== undefined) await loadTracer();
}

/** Returns the segment under way, where there is one that takes further parts. */
function openSegment() {
  const segment = tracer?.provider.getSegment();
  return segment === undefined || segment.notTraced === true || hasEnded(segment) ? undefined : segment;
}

/** Returns whether a call that is made now is recorded. */
export const isRecording = (): boolean => openSegment() !== undefined;

async function loadTracer(): Promise<Tracer> {
  if (tracer !== undefined) return tracer;
  const { Tracer } = await import('@aws-lambda-powertools/tracer');
  // AWS calls are captured by client, and calls of handlers by `call`: patching `http` for all would add nothing.
  tracer ??= new Tracer({ captureHTTPsRequests: false });
  for (const client of untraced.splice(0)) tracer.captureAWSv3Client(client);
  invocation = tracer.provider.getSegment() as Segment | undefined;
  return tracer;
}

/** Tracing by the X-Ray SDK. */
export const xrayTracing: Tracing = {
  header: () => keptHeader(invocationHeader()),

  segment: async (name, header, annotations, work) => {
    const trace = sampledTraceOf(header);
    if (trace === undefined) return work(() => {});
    const [{ provider }, { default: xray }] = await Promise.all([loadTracer(), import('aws-xray-sdk-core')]);
    const segment = new xray.Segment(name, trace.traceId, trace.parentId);
    const annotate = (more: Annotations): void => {
      for (const [key, value] of Object.entries(more)) segment.addAnnotation(key, value);
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
      }
    });
  },

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
    const provider = tracer?.provider;
    if (provider === undefined) return work();
    provider.getNamespace().run(() => {
      provider.setSegment(invocation as Segment);
      work();
    });
  },
};

/** A part that is added to a segment after its end would have it sent again. */
const hasEnded = (segment: object): boolean =>
  segment !== invocation && 'end_time' in segment && segment.end_time !== undefined;

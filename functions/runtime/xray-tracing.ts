import type { Tracer } from '@aws-lambda-powertools/tracer';
import type { Annotations, Tracing } from '../core/ports.ts';

type Client = Parameters<Tracer['captureAWSv3Client']>[0];

/** Clients that wait for the tracer, which is loaded by the first invocation that is sampled: it takes longer than they do. */
const waiting: Client[] = [];
let tracer: Tracer | undefined;

/** The X-Ray header of the invocation: Lambda keeps it here, traced or not. */
export const traceHeader = (): string | undefined => process.env._X_AMZN_TRACE_ID;

const isSampled = (): boolean => /(^|;)\s*Sampled=1/.test(traceHeader() ?? '');

/** Records each call of an AWS client as a part of the trace, wherever there is one. */
export function traced<T extends object>(client: T): T {
  if (tracer === undefined) waiting.push(client as Client);
  else tracer.captureAWSv3Client(client as Client);
  return client;
}

/** Begins an invocation: loads the tracer where this is the first that is sampled. */
export async function beginTrace(): Promise<void> {
  if (tracer !== undefined || !isSampled()) return;
  const { Tracer } = await import('@aws-lambda-powertools/tracer');
  // AWS calls are captured by client, and calls of handlers go through undici: patching `http` for all would add nothing.
  tracer = new Tracer({ captureHTTPsRequests: false });
  for (const client of waiting.splice(0)) tracer.captureAWSv3Client(client);
}

/** Tracing by the X-Ray SDK. */
export const xrayTracing: Tracing = {
  traceId: () => /Root=([^;]+)/.exec(traceHeader() ?? '')?.[1],

  part: async (name, annotations, work) => {
    if (!tracer?.isTracingEnabled() || !isSampled()) return work(() => {});
    return tracer.provider.captureAsyncFunc(name, async (segment) => {
      const annotate = (more: Annotations) => {
        for (const [key, value] of Object.entries(more)) segment?.addAnnotation(key, value);
      };
      annotate(annotations);
      try {
        return await work(annotate);
      } catch (error) {
        segment?.addError(error instanceof Error ? error : String(error));
        throw error;
      } finally {
        segment?.close();
      }
    }) as ReturnType<typeof work>;
  },
};

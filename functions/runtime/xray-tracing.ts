import { Tracer } from '@aws-lambda-powertools/tracer';
import type { Annotations, Tracing } from '../core/ports.ts';

/** AWS calls are captured by client, and calls of handlers go through undici: patching `http` for all would add nothing. */
const tracer = new Tracer({ captureHTTPsRequests: false });

/** The X-Ray header of the invocation: Lambda keeps it here, traced or not. */
export const traceHeader = (): string | undefined => process.env._X_AMZN_TRACE_ID;

/** Records each call of an AWS client as a part of the trace. */
export const traced: typeof tracer.captureAWSv3Client = (client) => tracer.captureAWSv3Client(client);

/** Tracing by the X-Ray SDK. */
export const xrayTracing: Tracing = {
  traceId: () => /Root=([^;]+)/.exec(traceHeader() ?? '')?.[1],

  part: async (name, annotations, work) => {
    if (!tracer.isTracingEnabled()) return work(() => {});
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

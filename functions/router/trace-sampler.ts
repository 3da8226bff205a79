import { MAX_JOINED_TRACES_PER_SECOND, TRACED_EVERY_SECONDS } from '../contract.ts';
import type { Clock, Random } from '../core/ports.ts';
import { type SampledTrace, sampledTraceOf, traceIdOf } from '../core/task/trace-header.ts';

export type TraceSamplerPorts = {
  /** The share of requests that are traced; where it is missing, none is. */
  readonly share: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
};

/** A request, as far as it matters for whether it is traced. */
type Sampled = {
  readonly isSubmit: boolean;
  /** The header that its caller has sent: what it says is to be trusted no more than the caller is. */
  readonly ofCaller: string | undefined;
  /** The header of the invocation: Lambda names a trace for each. */
  readonly ofInvocation: string | undefined;
};

/** Decides which requests an environment of the router traces, and their tasks with them (`docs/decisions/we-sample-traces.md`). */
export class TraceSampler {
  readonly #ports: TraceSamplerPorts;
  #nextFirstAt = 0;
  #second = 0;
  #joined = 0;

  constructor(ports: TraceSamplerPorts) {
    this.#ports = ports;
  }

  /** Returns where a request is recorded: in its caller's trace if that is sampled, otherwise in its own. */
  traceOf({ isSubmit, ofCaller, ofInvocation }: Sampled): SampledTrace | undefined {
    const { share, random } = this.#ports;
    if (share === undefined) return undefined;
    const joined = sampledTraceOf(ofCaller);
    const isTraced = (joined !== undefined && this.#mayJoin()) || (isSubmit && this.#isFirst()) || random() < share;
    if (!isTraced) return undefined;
    if (joined !== undefined) return joined;
    const traceId = traceIdOf(ofInvocation);
    return traceId === undefined ? undefined : { traceId };
  }

  /** A caller pays nothing for a trace: what it asks for beyond this is sampled as everything else is. */
  #mayJoin(): boolean {
    const second = Math.floor(this.#ports.clock() / 1000);
    if (second !== this.#second) [this.#second, this.#joined] = [second, 0];
    return ++this.#joined <= MAX_JOINED_TRACES_PER_SECOND;
  }

  #isFirst(): boolean {
    const now = this.#ports.clock();
    if (now < this.#nextFirstAt) return false;
    this.#nextFirstAt = now + TRACED_EVERY_SECONDS * 1000;
    return true;
  }
}

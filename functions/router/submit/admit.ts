import { MIN_LANE_CONCURRENCY } from '../../contract.ts';
import { laneOf } from '../../core/lane/lane.ts';
import { classOf } from '../../resource-classes.ts';
import { Problem } from '../http/problem.ts';
import type { Caller, RouterPorts } from '../route.ts';
import { type Patience, patience } from './polled-value.ts';
import { findByKey } from './submit-key.ts';
import type { Refusal } from './tenant-gate.ts';

/** Asks for a task to be let into a lane. */
export type AdmissionRequest = {
  /** The lane that the task's type or priority says. */
  readonly executorKey: string;
  readonly idempotencyKey: string | undefined;
  /** Seconds until the task is due; 0 where that is at once. */
  readonly delaySeconds: number;
  /** Bounds the wait for what is known of tenant and lanes: what is not known by then refuses nobody. */
  readonly within: Patience;
};

/** What is known of a submit before it is read closely. */
type RateRequest = {
  readonly executorKey?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly within?: Patience;
};

/** A tenant has little to do that has no more open tasks than the executors of its express lane take in so many rounds. */
const FEW_ROUNDS = 2;

/**
 * Returns the executor key of a task that is let in, one of so many that came `together`. Throws the problem of one that its
 * tenant has too many of already, or that would wait too long. A submit that is repeated under its key adds no work, and
 * passes.
 */
export async function chooseLane(
  request: AdmissionRequest,
  together: number,
  caller: Caller,
  ports: RouterPorts,
): Promise<string> {
  const { executorKey, idempotencyKey, within } = request;
  const refusal = await within(ports.tenants.openRefusal(caller.tenantId, caller.limits), undefined);
  const express =
    refusal === undefined ? await within(expressFor(request, together, caller, ports), undefined) : undefined;
  if (express !== undefined) return express;
  const problem = refusal === undefined ? await within(laneProblem(request, ports), undefined) : limited(refusal);
  if (problem === undefined || (await isRepeated(idempotencyKey, caller, ports))) return executorKey;
  ports.meter.record(executorKey, 'refused', 1);
  throw problem;
}

/** Returns the express lane, where it takes the task. What is due later goes where it belongs. */
async function expressFor(
  { executorKey, delaySeconds }: AdmissionRequest,
  together: number,
  { tenantId }: Caller,
  { lanes, tenants, classes }: RouterPorts,
): Promise<string | undefined> {
  if (delaySeconds > 0) return undefined;
  const { concurrencyPerInvocation } = classOf(classes, laneOf(executorKey).resourceClass);
  const few = FEW_ROUNDS * MIN_LANE_CONCURRENCY * concurrencyPerInvocation;
  return lanes.expressFor(executorKey, () => tenants.hasAtMostOpen(few, tenantId, together));
}

/**
 * Counts one more submit against its tenant's rate. Comes before a submit is read closely, so that one that is refused then
 * counts as well. Throws the problem of a tenant that asks too often. A submit that is repeated under its key passes.
 */
export async function checkRate(
  caller: Caller,
  ports: RouterPorts,
  { executorKey, idempotencyKey, within = patience() }: RateRequest = {},
): Promise<void> {
  const refusal = await within(ports.tenants.rateRefusal(caller.tenantId, caller.limits), undefined);
  if (refusal === undefined || (await isRepeated(idempotencyKey, caller, ports))) return;
  if (executorKey !== undefined) ports.meter.record(executorKey, 'refused', 1);
  throw limited(refusal);
}

const limited = ({ limit, retryAfterSeconds }: Refusal): Problem =>
  tooEarly('rate_limited', `the key is limited to ${limit}`, { retryAfterSeconds });

async function laneProblem({ executorKey, delaySeconds }: AdmissionRequest, { lanes }: RouterPorts) {
  const admission = await lanes.admission(executorKey, delaySeconds === 0);
  if (admission.admitted) return undefined;
  const { retryAfterSeconds, estimatedWaitSeconds } = admission;
  // When the task is due there is room again.
  if (delaySeconds >= retryAfterSeconds) return undefined;
  const detail = `the lane ${executorKey} has more to do than it can in time: a task would wait ${estimatedWaitSeconds} s`;
  return tooEarly('lane_saturated', detail, { retryAfterSeconds, estimatedWaitSeconds });
}

const tooEarly = (
  code: 'rate_limited' | 'lane_saturated',
  detail: string,
  waits: { readonly retryAfterSeconds: number; readonly estimatedWaitSeconds?: number },
): Problem =>
  new Problem(code, `${detail}; try again in ${waits.retryAfterSeconds} s`, {
    headers: { 'retry-after': String(waits.retryAfterSeconds) },
    waits,
  });

async function isRepeated(
  idempotencyKey: string | undefined,
  { tenantId }: Caller,
  ports: RouterPorts,
): Promise<boolean> {
  if (idempotencyKey === undefined) return false;
  return (await findByKey(idempotencyKey, tenantId, ports)) !== undefined;
}

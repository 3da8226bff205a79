import { MIN_LANE_CONCURRENCY, RESOURCE_CLASS_SPECS } from '../../contract.ts';
import { laneOf } from '../../core/lane/lane.ts';
import { formerShardsOf, newTableShardOf } from '../../core/lane/routing.ts';
import { type TaskId, type TenantId, taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import { NOTHING_KEPT, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, RouterPorts } from '../route.ts';
import type { Patience } from './polled-value.ts';
import type { Refusal } from './tenant-gate.ts';

/** A task that asks to be let in. */
type AdmissionRequest = {
  readonly id: TaskId;
  readonly executorKey: string;
  readonly isKeyed: boolean;
  /** Until it is due; 0 where that is at once. */
  readonly delaySeconds: number;
  /** Tasks that came in the same request, itself included. */
  readonly together: number;
};

/** Tasks that have not ended, in executors' rounds of its express lane, of a tenant that has little to do. */
const FEW_ROUNDS = 2;

/**
 * The executor key of a task that is let in. Throws the problem of one that its tenant has too many of already, or that
 * would wait too long. A submit that is repeated under its key adds no work, and passes. What is not known within half a
 * second, all together, refuses nobody.
 */
export async function chooseLane(
  applicant: AdmissionRequest,
  within: Patience,
  caller: Caller,
  ports: RouterPorts,
): Promise<string> {
  const { executorKey, isKeyed } = applicant;
  const refusal = await within(ports.tenants.openRefusal(caller.tenantId, caller.limits), undefined);
  const express = refusal === undefined ? await within(expressFor(applicant, caller, ports), undefined) : undefined;
  if (express !== undefined) return express;
  const problem = refusal === undefined ? await within(laneProblem(applicant, ports), undefined) : limited(refusal);
  if (problem === undefined || (isKeyed && (await isKnown(uniqueOf(applicant), caller.tenantId, ports)))) {
    return executorKey;
  }
  ports.meter.record(executorKey, 'refused', 1);
  throw problem;
}

/** The express lane, where it takes the task. What is due later goes where it belongs. */
async function expressFor(
  { executorKey, delaySeconds, together }: AdmissionRequest,
  caller: Caller,
  ports: RouterPorts,
) {
  if (delaySeconds > 0) return undefined;
  const { concurrencyPerInvocation } = RESOURCE_CLASS_SPECS[laneOf(executorKey).resourceClass];
  const few = FEW_ROUNDS * MIN_LANE_CONCURRENCY * concurrencyPerInvocation;
  return ports.lanes.expressFor(executorKey, () => ports.tenants.hasAtMostOpen(few, caller.tenantId, together));
}

/**
 * Asked before a submit is read closely, so that one that is refused then counts as well. Throws the problem of a tenant that
 * asks too often. A submit that is repeated under its key passes.
 */
export async function checkRate(
  idempotencyKey: string | undefined,
  executorKey: string | undefined,
  within: Patience,
  caller: Caller,
  ports: RouterPorts,
): Promise<void> {
  const refusal = await within(ports.tenants.rateRefusal(caller.tenantId, caller.limits), undefined);
  if (refusal === undefined) return;
  const { tenantId } = caller;
  if (idempotencyKey !== undefined && (await isKnown(uniqueFromKey(tenantId, idempotencyKey), tenantId, ports))) return;
  if (executorKey !== undefined) ports.meter.record(executorKey, 'refused', 1);
  throw limited(refusal);
}

const limited = ({ limit, retryAfterSeconds }: Refusal): Problem =>
  tooEarly('rate_limited', `the key is limited to ${limit}`, { retryAfterSeconds });

async function laneProblem({ executorKey, delaySeconds }: AdmissionRequest, { lanes }: RouterPorts) {
  const admission = await lanes.admission(executorKey, delaySeconds === 0);
  if (admission.admitted) return undefined;
  const { retryAfterSeconds, estimatedWaitSeconds } = admission;
  // By then there is room again.
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

const uniqueOf = ({ id }: AdmissionRequest): string => id.slice(0, id.indexOf('-'));

/** Whether the task of a key is there, at its present home or at one that it had while there were fewer tables. */
async function isKnown(unique: string, tenantId: TenantId, { store, clock, tableShards }: RouterPorts) {
  const home = newTableShardOf({ tenantId, workflowInstanceId: undefined }, true, tableShards);
  for (const shard of new Set([home, ...formerShardsOf(tenantId, tableShards)])) {
    const found = await orUnavailable(store.get(tenantId, taskIdOf(unique, shard), clock()), NOTHING_KEPT);
    if (found !== undefined) return true;
  }
  return false;
}

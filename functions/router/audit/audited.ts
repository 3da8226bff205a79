import { ROUTES, type RouteKey, type Scope } from '../../contract.ts';
import type { Actor } from '../../core/audit/audit.ts';
import { shortened } from '../../core/zod-messages.ts';
import { PROBLEM_STATUS, Problem } from '../http/problem.ts';
import type { Caller, Request, Response, RouterPorts } from '../route.ts';

/** What a call with one of these changes, it changes as an operator or administrator. */
const AUDITED: readonly Scope[] = ['operate', 'admin', 'platform'];

/** Says whether calls of a route are recorded in the audit. */
export const isAudited = (key: RouteKey): boolean => !key.startsWith('GET ') && AUDITED.includes(ROUTES[key]);

/** API Gateway remembers for a minute what an earlier version of the authorizer said of a key, and a token may have no subject. */
const UNKNOWN = 'unknown';

/** Names who calls as the audit does. */
const actorOf = ({ keyId, subject }: Caller, tenantClaim: string | undefined): Actor =>
  tenantClaim === undefined ? { kind: 'key', id: keyId ?? UNKNOWN } : { kind: 'token', id: subject ?? UNKNOWN };

/** A path is cut: whoever calls may name anything. */
const MAX_RESOURCE_CHARACTERS = 200;

/** Names what a call is about, without what is to be done to it: its path as far as that names something, or all of it. */
function resourceOf(key: RouteKey, { path }: Request): string {
  const parts = (key.split(' ')[1] ?? '').split('/');
  const named = parts.findLastIndex((part) => part.startsWith('{'));
  const whole = path.split('/');
  return (named < 0 ? whole : whole.slice(0, named + 1)).join('/');
}

type AuditedCall = {
  readonly key: RouteKey;
  /** The `operationId` of its route. */
  readonly action: string;
  readonly request: Request;
  readonly caller: Caller;
};

type AuditPorts = Pick<RouterPorts, 'audit' | 'clock' | 'log' | 'meter' | 'tenantClaim'>;

/**
 * Does what a call asks for, and records it as it is answered: who did what to what, and how it ended. An act that cannot be recorded
 * stays done, since its caller is told what became of it; it is in the log, and counted.
 */
export async function audited(
  { key, action, request, caller }: AuditedCall,
  ports: AuditPorts,
  act: () => Promise<Response>,
): Promise<Response> {
  const record = async (outcome: number, location = resourceOf(key, request)): Promise<void> => {
    const entry = {
      time: ports.clock(),
      actor: actorOf(caller, ports.tenantClaim),
      action,
      resource: shortened(location.replace(/^\/api\//, ''), MAX_RESOURCE_CHARACTERS),
      outcome,
      requestId: request.requestId,
    };
    try {
      await ports.audit.record(caller.tenantId, entry);
    } catch (error) {
      ports.meter.record('router', 'actsLost', 1);
      ports.log('error', 'act not recorded', { tenant: caller.tenantId, ...entry, reason: String(error) });
    }
  };
  try {
    const response = await act();
    if (response.changesNothing !== true) await record(response.status, response.headers?.location);
    return response;
  } catch (error) {
    await record(error instanceof Problem ? PROBLEM_STATUS[error.code] : PROBLEM_STATUS.internal_error);
    throw error;
  }
}

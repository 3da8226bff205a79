import type { APIGatewayProxyEventV2WithLambdaAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { OPEN_ROUTES, ROUTES } from '../contract.ts';
import { parseScope } from '../core/access-key.ts';
import { parseTenantId } from '../core/ids.ts';
import { PROBLEM_STATUS, Problem, problemDocument } from './problem.ts';
import type { Caller, Request, Response, RouterPorts } from './route.ts';
import { openRoutes, routes } from './routes/index.ts';

/** What the authorizer found out of the caller's key; empty where it knows no such key. */
export type Authorization = { readonly tenantId?: string; readonly scopes?: string } | null;
type Event = APIGatewayProxyEventV2WithLambdaAuthorizer<Authorization>;

/** Answers one request. Never throws: what a route throws becomes a problem document. */
export async function answer(event: Event, ports: RouterPorts): Promise<APIGatewayProxyStructuredResultV2> {
  const started = ports.clock();
  const response = await respond(event, ports).catch((error) => responseOf(error, ports));
  ports.log('info', 'request', {
    route: event.routeKey,
    status: response.status,
    duration_ms: ports.clock() - started,
    trace_id: ports.tracing.traceId(),
  });
  return {
    statusCode: response.status,
    headers: { 'content-type': 'application/json', ...response.headers },
    body: JSON.stringify(response.body),
  };
}

async function respond(event: Event, ports: RouterPorts): Promise<Response> {
  const { routeKey: key } = event;
  if (isKeyOf(openRoutes, key)) return openRoutes[key].handle(requestOf(event), undefined, ports);
  const caller = callerOf(event);
  if (!isKeyOf(routes, key)) throw unknownRoute(event.requestContext.http);
  if (!caller.scopes.includes(ROUTES[key])) {
    throw new Problem('missing_scope', `this call needs a key with the scope ${ROUTES[key]}`);
  }
  return routes[key].handle(requestOf(event), caller, ports);
}

/**
 * Who is calling. An HTTP API answers a refused authorization with 403 and a text of its own, so the authorizer lets
 * the request pass without a tenant, and it ends here with the 401 that is due.
 */
function callerOf({ requestContext }: Event): Caller {
  const { tenantId, scopes } = requestContext.authorizer?.lambda ?? {};
  const tenant = parseTenantId(tenantId ?? '');
  if (tenant === undefined) {
    throw new Problem('unauthenticated', 'the API key is not known; send it as `Authorization: Bearer <key>`', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  return { tenantId: tenant, scopes: (scopes ?? '').split(' ').flatMap((scope) => parseScope(scope) ?? []) };
}

function requestOf({ requestContext, pathParameters, headers, body, isBase64Encoded }: Event): Request {
  return {
    method: requestContext.http.method,
    path: requestContext.http.path,
    parameters: pathParameters ?? {},
    headers,
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** 405 where the path is one of ours and only the method is not, otherwise 404. */
function unknownRoute({ method, path }: { readonly method: string; readonly path: string }): Problem {
  const allowed = [...Object.keys(ROUTES), ...OPEN_ROUTES]
    .map((key) => key.split(' ') as [string, string])
    .filter(([, pattern]) =>
      new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    .map(([allowedMethod]) => allowedMethod);
  return allowed.length === 0
    ? new Problem('not_found', `there is nothing at ${path}`)
    : new Problem('method_not_allowed', `${method} is not for ${path}; ${allowed.join(', ')} is`, {
        headers: { allow: allowed.join(', ') },
      });
}

/** A problem as it was meant; anything else is ours to mend, so it is logged whole and the caller sees none of it. */
function responseOf(error: unknown, { log }: RouterPorts): Response {
  const problem =
    error instanceof Problem ? error : new Problem('internal_error', 'something failed on our side; try again');
  if (PROBLEM_STATUS[problem.code] >= 500) {
    const cause = error instanceof Problem ? error.cause : error;
    log('error', 'request failed', {
      code: problem.code,
      reason: cause instanceof Error ? cause.stack : String(cause),
    });
  }
  return {
    status: PROBLEM_STATUS[problem.code],
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
    body: problemDocument(problem),
  };
}

const isKeyOf = <T extends object>(record: T, key: string): key is Extract<keyof T, string> =>
  Object.hasOwn(record, key);

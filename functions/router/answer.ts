import type { APIGatewayProxyEventV2WithLambdaAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { OPEN_ROUTES, type OpenRouteKey, PREFLIGHT_ROUTE, ROUTES, type RouteKey } from '../contract.ts';
import { compact } from '../core/compact.ts';
import type { Log } from '../core/ports.ts';
import { wireBytesOf } from '../core/task/payload.ts';
import { type SampledTrace, traceIdOf } from '../core/task/trace-header.ts';
import { shortened } from '../core/zod-messages.ts';
import { audited, isAudited } from './audit/audited.ts';
import { type Authorizer, callerOf } from './http/caller.ts';
import { encodedContent, MIN_COMPRESSED_CHARACTERS } from './http/content-coding.ts';
import { PROBLEM_STATUS, Problem, problemDocument, toProblem } from './http/problem.ts';
import type { Caller, OpenRoute, Request, Response, Route, RouterPorts } from './route.ts';

export type Authorization = Authorizer['lambda'];
type Event = APIGatewayProxyEventV2WithLambdaAuthorizer<Authorization>;

/** What a door needs to answer, beside what its routes take. */
type AnswerPorts = Pick<
  RouterPorts,
  'clock' | 'log' | 'meter' | 'tracing' | 'sampler' | 'functionName' | 'tenantClaim' | 'tenantLimits'
> &
  Partial<Pick<RouterPorts, 'audit'>>;

/** The operations that a door has, by the keys by which API Gateway hands it their requests. */
type DoorRoutes<Ports> = {
  readonly routes: Readonly<Partial<Record<RouteKey, Route<Caller, Ports>>>>;
  readonly openRoutes: Readonly<Partial<Record<OpenRouteKey, OpenRoute<Ports>>>>;
};

/**
 * Makes what answers one request of a door. It never throws: what a route throws becomes a problem document. `loadAll` loads all
 * that the door has, where it is more than `routes`: at the first request for it.
 */
export function answerer<Ports extends AnswerPorts>(
  routes: DoorRoutes<Ports>['routes'],
  loadAll: () => Promise<DoorRoutes<Ports>> = async () => ({ routes, openRoutes: {} }),
): (event: Event, ports: Ports) => Promise<APIGatewayProxyStructuredResultV2> {
  const routesFor = async (key: string) => (isKeyOf(routes, key) ? { routes, openRoutes: {} } : loadAll());
  return (event, ports) =>
    ports.tracing.segment(ports.functionName, traceOf(event, ports), { route: event.routeKey }, async (annotate) => {
      const started = ports.clock();
      const response = await respond(event, routesFor, ports).catch((error) => {
        const problem = toProblem(error, ports);
        if (PROBLEM_STATUS[problem.code] >= 500) annotate({ error: problem.code, error_message: problem.message });
        return problemResponse(problem);
      });
      const result = encode(response, event.headers['accept-encoding'], ports.log);
      annotate({ status: String(result.statusCode) });
      ports.log('info', 'request', {
        route: event.routeKey,
        status: result.statusCode,
        duration_ms: ports.clock() - started,
        trace_id: traceIdOf(ports.tracing.header()),
        ...compact({ key_id: event.requestContext.authorizer?.lambda?.keyId }),
      });
      return result;
    });
}

/** Returns where a request is recorded, if it is. Who calls without a key has no say in what a deployment pays for. */
function traceOf({ routeKey, headers }: Event, { sampler, tracing }: AnswerPorts): SampledTrace | undefined {
  if ((OPEN_ROUTES as readonly string[]).includes(routeKey)) return undefined;
  const isSubmit = isKeyOf(ROUTES, routeKey) && ROUTES[routeKey] === 'submit';
  return sampler.traceOf({ isSubmit, ofCaller: headers['x-amzn-trace-id'], ofInvocation: tracing.header() });
}

async function respond<Ports extends AnswerPorts>(
  event: Event,
  routesFor: (key: string) => Promise<DoorRoutes<Ports>>,
  ports: Ports,
): Promise<Response> {
  const { routeKey: key, requestContext } = event;
  // Who may call is for API Gateway to say, which puts its headers on this.
  if (key === PREFLIGHT_ROUTE) return { status: 200, body: {} };
  const { routes, openRoutes } = await routesFor(key);
  const openRoute = isKeyOf(openRoutes, key) ? openRoutes[key] : undefined;
  if (openRoute !== undefined) return openRoute.handle(requestOf(event), undefined, ports);
  const caller = callerOf(requestContext.authorizer, ports);
  const route = isKeyOf(routes, key) ? routes[key] : undefined;
  if (route === undefined || !isKeyOf(ROUTES, key)) throw unknownRoute(requestContext.http);
  if (!caller.scopes.includes(ROUTES[key])) {
    throw new Problem('missing_scope', `this call needs a key with the scope ${ROUTES[key]}`);
  }
  const request = requestOf(event);
  const act = () => route.handle(request, caller, ports);
  const { audit } = ports;
  // Only the router has calls of this kind.
  if (audit === undefined || !isAudited(key)) return act();
  return audited({ key, action: route.operationId, request, caller }, { ...ports, audit }, act);
}

const isKeyOf = <T extends object>(record: T, key: string): key is Extract<keyof T, string> =>
  Object.hasOwn(record, key);

function requestOf(event: Event): Request {
  const { requestContext, pathParameters, queryStringParameters, headers, body, isBase64Encoded } = event;
  return {
    method: requestContext.http.method,
    path: requestContext.http.path,
    parameters: pathParameters ?? {},
    query: queryStringParameters ?? {},
    headers,
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
    cameAsText: !isBase64Encoded,
    requestId: requestContext.requestId,
    receivedAt: requestContext.timeEpoch,
  };
}

/** Returns 405 where the path is one of ours and only the method is not, otherwise 404. */
function unknownRoute({ method, path }: { readonly method: string; readonly path: string }): Problem {
  const allowed = [...Object.keys(ROUTES), ...OPEN_ROUTES]
    .map((key) => key.split(' ') as [string, string])
    .filter(([, pattern]) =>
      new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    .map(([allowedMethod]) => allowedMethod);
  return allowed.length === 0
    ? new Problem('not_found', `there is nothing at ${shortened(path)}`)
    : new Problem('method_not_allowed', `${method} is not for ${shortened(path)}: use ${allowed.join(' or ')}`, {
        headers: { allow: allowed.join(', ') },
      });
}

const problemResponse = (problem: Problem): Response => ({
  status: PROBLEM_STATUS[problem.code],
  headers: { 'content-type': 'application/problem+json', ...problem.headers },
  body: problemDocument(problem),
});

/** Every answer has them: its caller is a program, and what it says of tasks is kept nowhere on the way. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** A body may take so much as it stands in an answer: Lambda takes 6,291,556 bytes (Lambda quotas), a status and headers among them. */
const MAX_ANSWER_BYTES = 6_200_000;

/** Writes a response as Lambda answers. One that is too large gives way to its shorter form, or to a problem. */
function encode(response: Response, acceptEncoding: string | undefined, log: Log): APIGatewayProxyStructuredResultV2 {
  const { shorter, ...whole } = response;
  const { status, headers, body } = whole;
  const text = JSON.stringify(body);
  const content = encodedContent(text, acceptEncoding);
  const sent = content?.body.toString('base64') ?? text;
  const bytes = sentBytesOf(sent);
  if (bytes > MAX_ANSWER_BYTES) {
    log('warn', 'answer too large', { bytes });
    return encode(shorter === undefined ? answerTooLarge(bytes) : { ...whole, body: shorter() }, acceptEncoding, log);
  }
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      ...SECURITY_HEADERS,
      ...headers,
      ...compact({
        vary: text.length < MIN_COMPRESSED_CHARACTERS ? undefined : 'accept-encoding',
        'content-encoding': content?.coding,
      }),
    },
    body: sent,
    ...compact({ isBase64Encoded: content && true }),
  };
}

/** A character takes three bytes at most, so that a short text need not be written out to be measured. */
const sentBytesOf = (sent: string): number => (sent.length * 3 <= MAX_ANSWER_BYTES ? sent.length : wireBytesOf(sent));

const answerTooLarge = (bytes: number): Response =>
  problemResponse(
    new Problem(
      'answer_too_large',
      `the answer takes ${bytes} bytes where ${MAX_ANSWER_BYTES} fit: ask for less, or with Accept-Encoding: gzip`,
    ),
  );

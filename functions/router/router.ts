import type { APIGatewayProxyEventV2WithLambdaAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { OPEN_ROUTES, ROUTES } from '../contract.ts';
import { traceIdOf } from '../core/trace-header.ts';
import { type Authorizer, callerOf } from './caller-of.ts';
import { encodedContent, MIN_COMPRESSED_CHARACTERS } from './content-coding.ts';
import { PROBLEM_STATUS, Problem, problemDocument } from './problem.ts';
import { problemOf } from './problem-of.ts';
import type { Request, Response, RouterPorts } from './route.ts';
import { openRoutes, routes } from './routes/index.ts';

export type Authorization = Authorizer['lambda'];
type Event = APIGatewayProxyEventV2WithLambdaAuthorizer<Authorization>;

/** Answers one request. Never throws: what a route throws becomes a problem document. */
export async function answer(event: Event, ports: RouterPorts): Promise<APIGatewayProxyStructuredResultV2> {
  const started = ports.clock();
  const response = await respond(event, ports).catch((error) => responseOf(problemOf(error, ports)));
  ports.log('info', 'request', {
    route: event.routeKey,
    status: response.status,
    duration_ms: ports.clock() - started,
    trace_id: traceIdOf(ports.tracing.header()),
  });
  return encoded(response, event.headers['accept-encoding']);
}

function encoded({ status, headers, body }: Response, acceptEncoding?: string): APIGatewayProxyStructuredResultV2 {
  const text = JSON.stringify(body);
  const content = encodedContent(text, acceptEncoding);
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      ...(text.length < MIN_COMPRESSED_CHARACTERS ? {} : { vary: 'accept-encoding' }),
      ...headers,
      ...(content && { 'content-encoding': content.coding }),
    },
    ...(content ? { body: content.body.toString('base64'), isBase64Encoded: true } : { body: text }),
  };
}

async function respond(event: Event, ports: RouterPorts): Promise<Response> {
  const { routeKey: key, requestContext } = event;
  if (isKeyOf(openRoutes, key)) return openRoutes[key].handle(requestOf(event), undefined, ports);
  const caller = callerOf(requestContext.authorizer, ports.tenantClaim);
  if (!isKeyOf(routes, key)) throw unknownRoute(requestContext.http);
  if (!caller.scopes.includes(ROUTES[key])) {
    throw new Problem('missing_scope', `this call needs a key with the scope ${ROUTES[key]}`);
  }
  return routes[key].handle(requestOf(event), caller, ports);
}

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
    : new Problem('method_not_allowed', `${method} is not for ${path}: use ${allowed.join(' or ')}`, {
        headers: { allow: allowed.join(', ') },
      });
}

const responseOf = (problem: Problem): Response => ({
  status: PROBLEM_STATUS[problem.code],
  headers: { 'content-type': 'application/problem+json', ...problem.headers },
  body: problemDocument(problem),
});

const isKeyOf = <T extends object>(record: T, key: string): key is Extract<keyof T, string> =>
  Object.hasOwn(record, key);

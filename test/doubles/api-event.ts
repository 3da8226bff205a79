import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import { FALLBACK_ROUTE, OPEN_ROUTES, ROUTES } from '../../functions/contract.ts';
import type { Authorization } from '../../functions/router/answer.ts';

export type ApiRequest = {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Text goes as it is, bytes go as base64, anything else as JSON. */
  readonly body?: unknown;
  /** The authorizer has found this out; it is a tenant with every scope unless given. */
  readonly caller?: Authorization;
  /** The gateway has found these claims in a token, where the deployment takes tokens. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** When API Gateway takes it. */
  readonly receivedAt?: number;
};

const ACME: Authorization = { tenantId: 'acme', scopes: 'submit read operate admin platform' };

/** Makes the event of payload format 2.0 that an HTTP API sends its router for `<method> <path>`. */
export function apiEvent(
  request: string,
  { headers = {}, body, caller = ACME, claims, receivedAt = Date.UTC(2026, 0, 1) }: ApiRequest = {},
): APIGatewayProxyEventV2WithLambdaAuthorizer<Authorization> {
  const [method = '', url = ''] = request.split(' ');
  const [path = '', query = ''] = url.split('?');
  const { routeKey, pathParameters } = matchedRoute(method, path);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers: { host: 'abc123.execute-api.us-east-1.amazonaws.com', 'content-type': 'application/json', ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      // The types of the gateway know of one kind of authorizer at a time.
      authorizer: claims === undefined ? { lambda: caller } : ({ jwt: { claims } } as never),
      domainName: 'abc123.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'abc123',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'vitest' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: receivedAt,
    },
    ...(pathParameters === undefined ? {} : { pathParameters }),
    ...(query === '' ? {} : { queryStringParameters: queryOf(query) }),
    ...bodyOf(body),
  };
}

/** Joins the values of a repeated parameter by commas, as API Gateway does. */
const queryOf = (query: string): Record<string, string> => {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name).join(',')]));
};

/** Chooses the most specific of our routes, as API Gateway does. */
function matchedRoute(method: string, path: string) {
  for (const routeKey of [...Object.keys(ROUTES), ...OPEN_ROUTES]) {
    const [routeMethod, pattern = ''] = routeKey.split(' ');
    const match = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path);
    if (method === routeMethod && match !== null) return { routeKey, pathParameters: match.groups };
  }
  return { routeKey: FALLBACK_ROUTE, pathParameters: { proxy: path.replace(/^\/api\//, '') } };
}

function bodyOf(body: unknown): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body === undefined) return { isBase64Encoded: false };
  if (body instanceof Uint8Array) return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  return { body: typeof body === 'string' ? body : JSON.stringify(body), isBase64Encoded: false };
}

export type ApiRequest = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** Returns a request of a caller who may do what is to be done to tasks, as API Gateway hands it to a function: `GET /api/tasks/{id}`. */
export function apiRequest(routeKey: string, { headers = {}, parameters = {}, query = {}, body }: ApiRequest = {}) {
  const [method = '', pattern = ''] = routeKey.split(' ');
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    queryStringParameters: query,
    headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip', ...headers },
    pathParameters: parameters,
    requestContext: {
      authorizer: { lambda: { tenantId: 'acme', scopes: 'submit read operate' } },
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'loadtest' },
      routeKey,
      timeEpoch: Date.now(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

const HEALTHY = '200 {"status":"ok"}';

/**
 * Returns where an endpoint serves the HTTP API of a stack's outputs: the first address whose health check answers. Our MiniStack
 * serves it at its root; emulators do below a path of their own, which, unlike a name under `localhost`, every HTTP client
 * can reach.
 */
export async function apiUrl(
  endpoint: string,
  { ApiId, ApiUrl }: { readonly ApiId: string | undefined; readonly ApiUrl: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  const emulated = ApiId === undefined ? [] : [`${endpoint}/_aws/execute-api/${ApiId}`];
  const candidates = [endpoint, ...emulated, ...emulated.map((url) => `${url}/$default`), ApiUrl ?? []].flat();
  const answers: string[] = [];
  for (const url of candidates) {
    signal.throwIfAborted();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
    const answer = await fetch(`${url}/api/health`, { signal: limit }).then(
      async (response) => `${response.status} ${(await response.text()).slice(0, 300)}`,
      (error: unknown) => String(error),
    );
    if (answer === HEALTHY) return url;
    answers.push(`  ${url}/api/health: ${answer}`);
  }
  throw new Error(`The deployed API does not answer.\n${answers.join('\n')}`);
}

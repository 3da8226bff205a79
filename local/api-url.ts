const HEALTHY = '200 {"status":"ok"}';

/**
 * Returns where an endpoint serves the HTTP API of a Millrace: the first address whose health check answers. Our MiniStack serves
 * that of the first at its root; emulators do below a path of their own, which, unlike a name under `localhost`, every HTTP
 * client can reach.
 */
export async function apiUrl(
  endpoint: string,
  deployed: { readonly apiId: string; readonly apiUrl: string },
  { isFirst, signal }: { readonly isFirst: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const emulated = `${endpoint}/_aws/execute-api/${deployed.apiId}`;
  const candidates = [...(isFirst ? [endpoint] : []), emulated, `${emulated}/$default`, deployed.apiUrl];
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

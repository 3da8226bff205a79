import type { LocalStack } from './local-stack.ts';
import type { LocalMillrace } from './millraces.ts';

type Cloud = Pick<LocalStack, 'apiKey' | 'awsEndpoint' | 'region' | 'pid'>;

/** Returns what programs are told of a run, in `.millrace/local.json`: how to call the first Millrace of the app, and all of them by name. */
export function connectionTo({ apiKey, awsEndpoint, region, pid }: Cloud, millraces: readonly LocalMillrace[]): object {
  const called = millraces.map(({ name, url }) => ({ name, url, apiKey, consoleUrl: `${url}/console` }));
  const { name: _, ...first } = called[0] ?? { name: '' };
  // Real credentials are written nowhere: whoever reads this has them in the environment, as this run has.
  const credentials = pid === undefined ? 'environment' : 'any';
  return { ...first, awsEndpoint, region, credentials, millraces: called };
}

/** Writes what a person is told of a run. `example` is the body of a submit to the first Millrace. */
export function announcement(cloud: Cloud, millraces: readonly LocalMillrace[], example: string): string {
  const { apiKey, awsEndpoint, region, pid } = cloud;
  const addresses = millraces.map(({ name, url }) => {
    const lines = [`  console        ${url}/console`, `  API            ${url}`, `  key            ${apiKey}`];
    return [...(millraces.length > 1 ? [name] : []), ...lines].join('\n');
  });
  return `
${addresses.join('\n\n')}
${millraces.length > 1 ? '\n' : ''}  AWS endpoint   ${awsEndpoint}${pid === undefined ? '' : ` (region ${region}, any credentials)`}
  for programs   .millrace/local.json

Submit a task:

  curl -sS ${millraces[0]?.url}/api/tasks \\
    -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\
    -d '${example.replaceAll("'", "'\\''")}'

Ctrl-C stops it and keeps its tasks; \`npm start -- --fresh\` begins with no tasks.
`;
}

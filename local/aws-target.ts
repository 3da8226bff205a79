import { type Connection, credentialsOf } from '../cli/connection.ts';
import { compact } from '../functions/core/compact.ts';

/** Where AWS is, and who asks. */
export type AwsTarget = {
  readonly endpoint: string;
  readonly region: string;
  /** For an SDK client: `new LambdaClient(target.client)`. */
  readonly client: Required<Connection> & { readonly useDualstackEndpoint: false; readonly useFipsEndpoint: false };
  /** The same for a process. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Settings of the caller that a foreign endpoint may need. */
const CONNECTION_SETTINGS = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE'];

/** Returns the cloud on this machine: it asks for no real credentials, and must not be given any. */
export const localTarget = (endpoint: string): AwsTarget => target(endpoint, {});

/** Returns an endpoint that speaks AWS, with the credentials and region of the caller's environment where there are any. */
export const foreignTarget = (endpoint: string, environment: NodeJS.ProcessEnv): AwsTarget =>
  target(endpoint, environment);

function target(endpoint: string, environment: NodeJS.ProcessEnv): AwsTarget {
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1';
  const credentials = credentialsOf(environment);
  const connection = CONNECTION_SETTINGS.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    endpoint,
    region,
    client: { endpoint, region, credentials, useDualstackEndpoint: false, useFipsEndpoint: false },
    environment: compact({
      ...Object.fromEntries(connection),
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    }),
  };
}

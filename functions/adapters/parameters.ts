import { TaskFailure } from '../core/define-task.ts';
import { describeThrown, messageOfThrown } from '../core/thrown.ts';

/** Where the secrets of a class are, by the names that its handlers know: an ARN of Secrets Manager, or a name of SSM. */
export type SecretPlaces = Readonly<Record<string, { readonly secret: string } | { readonly parameter: string }>>;

/** Reads the secret of a name. Throws `TaskFailure`. */
export type ReadSecret = (name: string) => Promise<string>;

/** What was fetched is good for so long: a secret that is rotated is seen within five minutes. */
const KEPT_SECONDS = 300;

/** What is fetched, once for all who ask meanwhile. */
type Fetch = (place: SecretPlaces[string]) => Promise<string | Uint8Array | undefined>;

/** Fetches by Powertools' Parameters, whose packages are loaded when a first secret is asked for. It keeps what it has fetched. */
const fetchByPowertools: Fetch = async (place) => {
  if ('secret' in place) {
    const { getSecret } = await import('@aws-lambda-powertools/parameters/secrets');
    return getSecret(place.secret, { maxAge: KEPT_SECONDS });
  }
  const { getParameter } = await import('@aws-lambda-powertools/parameters/ssm');
  return getParameter(place.parameter, { maxAge: KEPT_SECONDS, decrypt: true });
};

/** Makes what reads the secrets of a class. */
export function secretReader(places: SecretPlaces, fetch: Fetch = fetchByPowertools): ReadSecret {
  const underWay = new Map<string, ReturnType<Fetch>>();
  return async (name) => {
    const place = Object.hasOwn(places, name) ? places[name] : undefined;
    if (place === undefined) throw new TaskFailure('unknown_secret', unknownSecret(name, Object.keys(places)));
    const fetching = underWay.get(name) ?? fetch(place).finally(() => underWay.delete(name));
    underWay.set(name, fetching);
    const value = await fetching.catch((error: unknown) => {
      const reason = messageOfThrown(describeThrown(error));
      throw new TaskFailure('secret_unavailable', `the secret ${name} cannot be read: ${reason}`, { retryable: true });
    });
    if (typeof value === 'string') return value;
    throw new TaskFailure('secret_unavailable', `the secret ${name} has no text`, { retryable: true });
  };
}

const unknownSecret = (name: string, names: readonly string[]): string =>
  names.length === 0
    ? `there is no secret ${name}: the class has none; give it some by classes.<class>.secrets`
    : `there is no secret ${name}; the class has ${names.join(', ')}`;

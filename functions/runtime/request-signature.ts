import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** What is signed of a request: all names of headers are in small letters. */
export type SignedRequest = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
};

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SIGNED_BY_SDK = new RegExp(`^${ALGORITHM} Credential=[^/]+/\\d{8}/(.+), SignedHeaders=(.+), Signature=`);
const TOKEN = 'x-amz-security-token';
const BODY_HASH = 'x-amz-content-sha256';

/**
 * Signs requests to `/` as the SDK has signed one of them (Signature Version 4): for the same region and service, and the same
 * headers. The SDK takes four times the CPU for it, as it makes each key of an HMAC anew and asks for the key of the day by another.
 */
export class Signature {
  /** `<region>/<service>/aws4_request` */
  readonly #scope: string;
  readonly #names: readonly string[];
  /** The key of a day, made of a secret. */
  #key: { readonly day: string; readonly secret: string; readonly key: KeyObject } | undefined;

  private constructor(scope: string, names: readonly string[]) {
    this.#scope = scope;
    this.#names = names;
  }

  /** Reads what the SDK has signed from its Authorization header; `undefined` where it has signed in another way. */
  static like(authorization: string | undefined): Signature | undefined {
    const [, scope, names] = SIGNED_BY_SDK.exec(authorization ?? '') ?? [];
    if (scope === undefined || names === undefined) return undefined;
    return new Signature(scope, [...new Set([...names.split(';'), TOKEN])].toSorted());
  }

  /** Adds the date, the token of the credentials and the signature to the headers of a request, and the hash of its body anew. */
  sign({ method, headers, body }: SignedRequest, credentials: Credentials, date: Date): void {
    const time = date.toISOString().replace(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    headers['x-amz-date'] = time;
    if (credentials.sessionToken !== undefined) headers[TOKEN] = credentials.sessionToken;
    const bodyHash = hash('sha256', body);
    if (BODY_HASH in headers) headers[BODY_HASH] = bodyHash;
    const names = this.#names.filter((name) => name in headers);
    const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
    const request = [method, '/', '', lines, names.join(';'), bodyHash].join('\n');
    const scope = `${day}/${this.#scope}`;
    const signed = [ALGORITHM, time, scope, hash('sha256', request)].join('\n');
    const signature = createHmac('sha256', this.#keyOf(day, credentials.secretAccessKey)).update(signed).digest('hex');
    const credential = `Credential=${credentials.accessKeyId}/${scope}`;
    headers.authorization = `${ALGORITHM} ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  }

  #keyOf(day: string, secret: string): KeyObject {
    if (this.#key?.day !== day || this.#key.secret !== secret) {
      const mac = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest();
      const parts = [day, ...this.#scope.split('/')];
      const key = createSecretKey(parts.reduce<string | Buffer>(mac, `AWS4${secret}`) as Buffer);
      this.#key = { day, secret, key };
    }
    return this.#key.key;
  }
}

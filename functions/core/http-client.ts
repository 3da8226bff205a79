/** How a request's body may be compressed. */
export type Compression = 'gzip' | 'br' | 'zstd';

export type HttpRequest = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body that comes piece by piece is sent as it comes, and only once: no redirect and no retry repeats it. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Compresses the body on its way, and says so in `content-encoding`. */
  readonly compress?: Compression;
  /**
   * An answer to the same GET that is no older may be used instead of a request, and a good one is kept so long, whatever
   * the server says of its age; 0 uses and keeps none. Without it, the server's `cache-control` decides. Never kept is
   * what says `no-store`; nor, for a request without headers of its own, what says `private` or sets a cookie.
   */
  readonly cacheSeconds?: number;
  /**
   * Says how often to try again where no answer came, or 408, 425 or 429 that asks to wait for no more than 5 s; 0 unless
   * given, since the task itself is retried. A POST or PATCH without `idempotency-key` is never repeated.
   */
  readonly retries?: 0 | 1 | 2 | 3;
  /**
   * Follows a 301, 302 or 303 of anything but a GET or HEAD by a GET without the body, as browsers do. Unless asked for, such
   * an answer is handed back as it is: what was sent has not been taken.
   */
  readonly followAsGet?: boolean;
  /** Where it is false, no redirect is followed: each is handed back as it is. */
  readonly followRedirects?: boolean;
  /** So long the server may take to begin its answer, 30 s unless given: one that takes longer is down, as one that gives none. */
  readonly answerSeconds?: number;
  readonly signal: AbortSignal;
};

/**
 * Names in lower case, values without the blanks around them. Those of a repeated header are joined by `, `, except for
 * `set-cookie`, which is a list: a date in a cookie has a comma of its own.
 */
export type HttpHeaders = Readonly<{
  [name: string]: string | string[] | undefined;
  'set-cookie'?: string[];
  'cache-control'?: string;
  'content-encoding'?: string;
  'content-type'?: string;
  etag?: string;
  'last-modified'?: string;
  location?: string;
  'retry-after'?: string;
  vary?: string;
}>;

export type HttpResponse = {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The URL that answered in the end, without a fragment. */
  readonly url: string;
  /** Whether redirects led there. */
  readonly redirected: boolean;
  /** How many seconds `retry-after` asks to wait, in whichever form; for `ctx.fail`. */
  readonly retryAfterSeconds?: number;
  readonly body: HttpBody;
};

/** The body of an answer, decompressed. It must be read to its end or destroyed, or its connection stays taken. */
export type HttpBody = AsyncIterable<Uint8Array> & {
  bytes(): Promise<Uint8Array>;
  /**
   * Decodes the body by the charset that its byte order mark, its `content-type` or itself (HTML, XML) names, or UTF-8.
   * Throws `TaskFailure` `invalid_encoding` where that is no text.
   */
  text(): Promise<string>;
  /** Parses the text. Throws `TaskFailure` `invalid_answer` where it is no JSON. */
  json(): Promise<unknown>;
  destroy(): void;
};

/** Outgoing HTTP of a process. What it learns of servers (answers, failures, connections) it keeps apart for each tenant. */
export interface HttpClients {
  of(tenantId: string): HttpClient;
}

/** Outgoing HTTP of handlers. */
export interface HttpClient {
  /**
   * Follows up to 5 redirects. Throws `TaskFailure`: `network_error` (retryable) where no answer came, `circuit_open`
   * (retryable, after `retryAfterSeconds`) where nothing was sent since the last requests to that origin all failed,
   * `connections_busy` (retryable) where all connections to it stayed taken for 2 s, `host_not_allowed` where the deployment
   * forbids the host or its address, `invalid_url` and `invalid_request` for what cannot be sent, `invalid_redirect` and
   * `too_many_redirects`; reading the body, `invalid_encoding` where it is not coded as its `content-encoding` says. An abort
   * throws the signal's reason, a body that breaks off its own error.
   */
  request(url: string, request: HttpRequest): Promise<HttpResponse>;
}

/**
 * Outgoing HTTP of an attempt. Its requests, and the bodies of their answers, end with the attempt at the latest: `signal` ends
 * one sooner.
 */
export type AttemptHttp = {
  request(
    url: string,
    request?: Omit<HttpRequest, 'signal'> & { readonly signal?: AbortSignal },
  ): Promise<HttpResponse>;
};

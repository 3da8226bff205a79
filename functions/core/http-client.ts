/** How a request's body may be compressed. */
export type Compression = 'gzip' | 'br' | 'zstd';

export type HttpRequest = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What comes piece by piece is sent as it comes, and only once: no redirect and no retry repeats it. */
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
   * How often to try again at once where no answer came; 0 unless given, since the task itself is retried. Holds for what
   * may be repeated: not for a POST or PATCH without `idempotency-key`.
   */
  readonly retries?: 0 | 1 | 2 | 3;
  readonly signal: AbortSignal;
};

export type HttpResponse = {
  readonly status: number;
  /** Names in lower case; a repeated header's values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. Must be read to its end or destroyed, or its connection stays taken. */
  readonly body: AsyncIterable<Uint8Array> & { text(): Promise<string>; destroy(): void };
};

/** Outgoing HTTP of handlers. */
export interface HttpClient {
  /**
   * Follows up to 5 redirects. Throws `TaskFailure`: `network_error` (retryable) where no answer came, `circuit_open`
   * (retryable, after `retryAfterSeconds`) where nothing was sent since the last requests to that origin all failed,
   * `host_not_allowed` where the deployment forbids the host or its address, `invalid_url` and `invalid_request` for what
   * cannot be sent, `invalid_redirect` and `too_many_redirects`. An abort throws the signal's reason, a body that breaks
   * off its own error.
   */
  request(url: string, request: HttpRequest): Promise<HttpResponse>;
}

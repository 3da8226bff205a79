export type HttpRequest = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
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
   * Follows up to 5 redirects. Throws `TaskFailure`: `network_error` (retryable) where no answer came,
   * `host_not_allowed` where the deployment forbids the host or its address, `invalid_url` and `invalid_request` for
   * what cannot be sent, `invalid_redirect` and `too_many_redirects`. An abort throws the signal's reason.
   */
  request(url: string, request: HttpRequest): Promise<HttpResponse>;
}

import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { acceptedCoding } from '../runtime/accepted-coding.ts';
import { CODING_SUFFIXES, type Coding, type Site, type SiteFile } from './site.ts';

/** Every address has this page: the rest of it is behind `#`, which no browser sends. */
const PAGE = 'index.html';

/** The page runs its own script and style, calls its own origin, and can be framed, posted and based nowhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** A name with a hash never means anything else; the page itself is asked for again each time. */
const FOREVER = 'public, max-age=31536000, immutable';
const EACH_TIME = 'no-cache';

export type PageRequest = {
  /** What stands behind `/console/`; `undefined` for `/console` itself. */
  readonly name: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
};

/** Answers a request for the page or one of its files. */
export function serve({ name, headers }: PageRequest, site: Site): APIGatewayProxyStructuredResultV2 {
  // The page's relative addresses count from the path without a slash.
  if (name === '') return { statusCode: 308, headers: { ...PAGE_SECURITY_HEADERS, location: '../console' } };
  const file = site.get(name ?? PAGE);
  if (file === undefined) {
    const contentType = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return { statusCode: 404, headers: { ...PAGE_SECURITY_HEADERS, ...contentType }, body: 'There is no such file.\n' };
  }
  const caching = {
    'cache-control': name === undefined || name === PAGE ? EACH_TIME : FOREVER,
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (headers['if-none-match']?.includes(file.etag) === true) {
    return { statusCode: 304, headers: { ...PAGE_SECURITY_HEADERS, ...caching } };
  }
  return { statusCode: 200, ...represent(file, headers['accept-encoding'], caching) };
}

const CODING_NAMES = Object.keys(CODING_SUFFIXES) as Coding[];

function represent(file: SiteFile, acceptEncoding: string | undefined, caching: Readonly<Record<string, string>>) {
  const coding = acceptedCoding(acceptEncoding, CODING_NAMES);
  const headers = { ...PAGE_SECURITY_HEADERS, ...caching, 'content-type': file.contentType };
  return coding === undefined
    ? { headers, body: file.body.toString() }
    : {
        headers: { ...headers, 'content-encoding': coding },
        body: file.compressed[coding].toString('base64'),
        isBase64Encoded: true,
      };
}

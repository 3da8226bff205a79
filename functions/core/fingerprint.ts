import { hash } from 'node:crypto';
import type { JsonValue } from './json.ts';

/** 96 bits of SHA-256 over the value, whatever the order of its objects' keys. */
export const fingerprintOf = (value: JsonValue): string => hash('sha256', canonical(value), 'base64url').slice(0, 16);

function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

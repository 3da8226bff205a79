import type { JsonValue } from './json.ts';

/**
 * An input or output as a task carries it: the value itself where it is small, otherwise the name under which the
 * payload store keeps it. A row holds at most two of these and has to stay under 1 KB.
 */
export type Payload = { readonly inline: JsonValue } | { readonly ref: string };

/** Bytes of JSON up to which a payload travels inside its task. */
export const INLINE_PAYLOAD_BYTES = 256;

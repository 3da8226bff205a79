/** Makes an idempotency key that nobody else has: 128 bits by chance. `crypto.randomUUID` is missing where a page came by HTTP. */
export const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

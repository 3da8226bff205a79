import Negotiator from 'negotiator';

/** The types of negotiator are of an earlier version, which had no preference of its own. */
type Negotiation = {
  encoding(available: readonly string[], options: { readonly preferred: readonly string[] }): string | undefined;
};

/**
 * Returns the coding that an Accept-Encoding header takes best of those in which there is content, the first of them where
 * it takes several as well; `undefined` where it takes none (RFC 9110, 12.5.3).
 */
export function acceptedCoding<Coding extends string>(
  acceptEncoding: string | undefined,
  codings: readonly Coding[],
): Coding | undefined {
  if (acceptEncoding === undefined) return undefined;
  // Its parameters may be written in capitals, too.
  const negotiation: Negotiation = new Negotiator({ headers: { 'accept-encoding': acceptEncoding.toLowerCase() } });
  const accepted = negotiation.encoding(codings, { preferred: codings });
  return codings.find((coding) => coding === accepted);
}

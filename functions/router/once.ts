/** Makes a value when it is first asked for: what only the OpenAPI document needs is nothing to start with. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

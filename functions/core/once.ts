/** Makes a value when it is first asked for. A schema takes longer to build than most calls to answer, and a start builds none. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A value that JSON can carry: what a task takes in and gives back. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

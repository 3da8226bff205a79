/** What a task of the comparison is: the same for every peer. */
export type Work = {
  /** How long it waits; 0 is a task that does nothing. */
  readonly milliseconds: number;
  /** Who is told that it has begun, and lets it go on. */
  readonly url?: string | undefined;
};

/** Does what a task asks for, and returns its output. */
export async function work({ milliseconds, url }: Work): Promise<{ readonly done: true }> {
  if (url !== undefined) await (await fetch(url)).arrayBuffer();
  else if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return { done: true };
}

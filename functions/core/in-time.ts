/** Waits for an answer no longer than so many milliseconds. Throws where there is none by then, or what the answer throws. */
export async function inTime<T>(answer: PromiseLike<T>, milliseconds: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer came within ${milliseconds / 1000} s`)),
    milliseconds,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns how much a value is of another, to the hundredth. */
export const ratio = (value: number, base: number): number => Math.round((value / base) * 100) / 100;

/** Tells a value; the process ends with 1 where it is not as it should be. */
export function check(name: string, value: number, isGood: (value: number) => boolean): void {
  if (!isGood(value)) process.exitCode = 1;
  report(name, `${value}${isGood(value) ? '' : '  <- not as it should be'}`);
}

export const report = (name: string, value: string): void => console.log(`${name.padEnd(66)} ${value}`);

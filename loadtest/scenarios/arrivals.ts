/** A stretch of a run in which the rate goes evenly from one to another. */
export type Phase = {
  readonly name: string;
  readonly seconds: number;
  /** Arrivals a second, at its start and at its end. */
  readonly from: number;
  readonly to: number;
};

export const steady = (name: string, seconds: number, rate: number): Phase => ({ name, seconds, from: rate, to: rate });

export type Arrival = {
  readonly phase: Phase;
  /** Since the start of the run. */
  readonly dueMilliseconds: number;
};

/**
 * When requests are due, whatever becomes of those before: an open loop, so that a slow answer delays nobody and hides
 * nothing. A phase is asked for only when the one before is over, so what follows can depend on what was seen.
 */
export function* arrivals(phases: Iterable<Phase>): Generator<Arrival> {
  let startSeconds = 0;
  /** The part of an arrival that the phases so far have left over. */
  let carried = 0;
  for (const phase of phases) {
    const { seconds, from, to } = phase;
    const count = carried + ((from + to) / 2) * seconds;
    for (let number = 1; number <= count; number++) {
      const dueMilliseconds = 1000 * (startSeconds + secondsUntil(number - carried, phase));
      yield { phase, dueMilliseconds };
    }
    carried = count % 1;
    startSeconds += seconds;
  }
}

/** How long a phase takes for so many arrivals: they are the area under its rate, a trapezium. */
function secondsUntil(count: number, { seconds, from, to }: Phase): number {
  const growth = (to - from) / seconds;
  if (growth === 0) return count / from;
  return (Math.sqrt(Math.max(0, from * from + 2 * growth * count)) - from) / growth;
}

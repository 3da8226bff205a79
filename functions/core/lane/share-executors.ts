import { MIN_LANE_CONCURRENCY } from '../../contract.ts';
import { MIN_CLASS_CONCURRENCY } from '../../resource-classes.ts';

/** A lane of a class as it asks for executors. */
export type Contender = {
  /** Executors that are its own while no other lane is short of them; they are its weight, too. */
  readonly share: number;
  /** Executors that it has work for; 0 where it has no work. */
  readonly demand: number;
  /** It has its share and no more: none of it is lent, and nothing of the others' is given to it. */
  readonly isFixed?: boolean;
};

export type ClassLimits = {
  /** Executors that the lanes with work may have together: two for each lane at least. */
  readonly executors: number;
  /** Executors that all event sources may ask for together, so that Lambda refuses none. */
  readonly reservation: number;
};

/**
 * Shares the executors of one function among its lanes. Every lane keeps 2: SQS takes no less, so that a lane with work
 * always gets on, and an idle one begins at once. The others are given one at a time, to the lane that has the least for its
 * weight: first to those with work, up to their shares and then beyond, and what is left to the idle ones.
 */
export function shareExecutors(lanes: readonly Contender[], limits: ClassLimits): number[] {
  const contenders = withMinimum(lanes);
  const given = contenders.map(() => MIN_LANE_CONCURRENCY);
  give(given, contenders, limits, ({ demand, share }) => Math.min(demand, share));
  give(given, contenders, limits, ({ demand }) => demand);
  give(given, contenders, limits, ({ share }) => share);
  return given;
}

/** Lets the lanes with work ask for 3 together, where they ask for less. */
function withMinimum(lanes: readonly Contender[]): readonly Contender[] {
  const missing = MIN_CLASS_CONCURRENCY - sum(lanes.map(({ demand }) => demand));
  const working = lanes.filter(({ demand, isFixed = false }) => demand > 0 && !isFixed);
  const first = working.find(({ share }) => share === Math.max(...working.map((lane) => lane.share)));
  if (missing <= 0 || first === undefined) return lanes;
  return lanes.map((lane) => (lane === first ? { ...lane, demand: lane.demand + missing } : lane));
}

/** Raises `given` towards what each lane is `wanted` to have, as far as the limits let it. */
function give(
  given: number[],
  lanes: readonly Contender[],
  { executors, reservation }: ClassLimits,
  wanted: (lane: Contender) => number,
): void {
  const relativeShare = (index: number): number => (given[index] ?? 0) / (lanes[index]?.share ?? 1);
  let all = sum(given);
  let working = sum(given.filter((_, index) => (lanes[index]?.demand ?? 0) > 0));
  while (all < reservation) {
    const short = lanes.flatMap((lane, index) => {
      const mayHaveMore = lane.isFixed !== true && (lane.demand === 0 || working < executors);
      const isShort = mayHaveMore && (given[index] ?? 0) < wanted(lane);
      return isShort ? [index] : [];
    });
    const [next, ...others] = short;
    if (next === undefined) return;
    const poorest = others.reduce(
      (least, index) => (relativeShare(index) < relativeShare(least) ? index : least),
      next,
    );
    given[poorest] = (given[poorest] ?? 0) + 1;
    all += 1;
    if ((lanes[poorest]?.demand ?? 0) > 0) working += 1;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { World } from './world.ts';

/** Makes a property whose worlds are shown to `watch` before anything happens in them. */
type Simulation = (watch: (world: World) => void) => fc.IRawProperty<unknown, true>;

/** The machine stands still for so long, so often, while a simulation runs for the second time. */
const STALL_MILLISECONDS = 5;
const STALL_PERIOD_MILLISECONDS = 20;

/** Expects that so many runs take the same course each time, be the machine slow or fast. */
export async function expectSameCourse(simulation: Simulation, numRuns: number): Promise<void> {
  const course = await courseOf(simulation, numRuns);
  // The simulation has stopped the clock that others see.
  const now = performance.now.bind(performance);
  const stalls = setInterval(() => {
    const until = now() + STALL_MILLISECONDS;
    while (now() < until);
  }, STALL_PERIOD_MILLISECONDS);
  try {
    expect(await courseOf(simulation, numRuns)).toEqual(course);
  } finally {
    clearInterval(stalls);
  }
}

/** Returns a digest of what each run has done, and how the last one ended. */
async function courseOf(simulation: Simulation, numRuns: number): Promise<{ runs: string[]; failed: boolean }> {
  const runs: (() => string)[] = [];
  const property = simulation((world) => runs.push(digestOf(world)));
  const { failed } = await fc.check(property, { numRuns, seed: 1, endOnFailure: true });
  return { failed, runs: runs.map((digest) => digest()) };
}

/** Returns a value without the frames of a stack: which of them are Node's own changes as it compiles. */
const withoutStack = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.split('\n    at ', 1)[0] : value;

/** Watches a world; returns how to make a digest of its rows, its messages, its log and its metrics. */
function digestOf({ ports: { store }, queue, logged, recorded }: World): () => string {
  const happened: unknown[] = [];
  const { watch } = store;
  store.watch = (before, after) => {
    happened.push(after);
    watch(before, after);
  };
  const put = queue.put.bind(queue);
  queue.put = (...message) => {
    happened.push(message);
    put(...message);
  };
  return () =>
    createHash('sha256')
      .update(JSON.stringify([happened, logged, recorded], withoutStack))
      .digest('base64url');
}

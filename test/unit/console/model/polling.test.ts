import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiFailure } from '../../../../console/api/problem.ts';
import { startPolling } from '../../../../console/model/polling.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

/** Polls something that gives what `answers` say, the last of them for ever. */
function polling(answers: readonly (string | ApiFailure)[], everySeconds = 5) {
  const world = { isWatched: true, loads: 0, results: [] as string[], failures: [] as string[] };
  const poller = startPolling({
    load: async () => {
      const answer = answers[Math.min(world.loads++, answers.length - 1)];
      if (answer instanceof ApiFailure) throw answer;
      return answer ?? '';
    },
    everySeconds: (result) => (result === 'final' ? 0 : everySeconds),
    isWatched: () => world.isWatched,
    onResult: (result) => world.results.push(result),
    onFailure: ({ code }) => world.failures.push(code),
  });
  return Object.assign(world, { poller });
}

const network = new ApiFailure('no way', { code: 'network' });

describe('polling', () => {
  test('loads at once and then every so often', async () => {
    const { results, poller } = polling(['a', 'b']);
    await seconds(0);
    expect(results).toEqual(['a']);
    await seconds(10);
    expect(results).toEqual(['a', 'b', 'b']);
    poller.stop();
    await seconds(60);
    expect(results).toHaveLength(3);
  });

  test('rests while nobody watches, and makes up for it when someone does', async () => {
    const world = polling(['a']);
    await seconds(0);
    world.isWatched = false;
    await seconds(600);
    expect(world.loads).toBe(1);
    world.poller.wake();
    await seconds(0);
    expect(world.loads).toBe(2);
    world.isWatched = true;
    world.poller.wake();
    await seconds(0);
    expect(world.loads).toBe(2);
    await seconds(5);
    expect(world.loads).toBe(3);
    world.poller.stop();
  });

  test('ends with a result after which nothing is to come, unless it is asked to go on', async () => {
    const world = polling(['final']);
    await seconds(600);
    expect(world.loads).toBe(1);
    world.poller.refresh();
    await seconds(0);
    expect(world.loads).toBe(2);
    world.poller.stop();
  });

  test.each([400, 403, 409])('ends with a refusal, %s: it would be one again', async (status) => {
    const world = polling([new ApiFailure('no', { code: 'refused', status })]);
    await seconds(600);
    expect(world.loads).toBe(1);
    world.poller.refresh();
    await seconds(0);
    expect(world.loads).toBe(2);
    world.poller.stop();
  });

  test('looks some times for what is not found, and does not give up what is busy or down', async () => {
    const world = polling([new ApiFailure('none', { code: 'not_found', status: 404 })]);
    await seconds(600);
    expect(world.loads).toBe(3);
    world.poller.stop();
    for (const status of [429, 503]) {
      const other = polling([new ApiFailure('busy', { code: 'busy', status })]);
      await seconds(600);
      expect(other.loads).toBeGreaterThan(5);
      other.poller.stop();
    }
  });

  test('waits longer with each failure, and not once it goes well again', async () => {
    const world = polling([network, network, 'a', 'b']);
    await seconds(3);
    expect(world.failures).toHaveLength(1);
    await seconds(1);
    expect(world.failures).toHaveLength(2);
    await seconds(7);
    expect(world.results).toEqual([]);
    await seconds(1);
    expect(world.results).toEqual(['a']);
    await seconds(5);
    expect(world.results).toEqual(['a', 'b']);
    world.poller.stop();
  });

  test('comes back when the API asks it to', async () => {
    const world = polling([new ApiFailure('full', { code: 'rate_limited', retryAfterSeconds: 30 }), 'a']);
    await seconds(29);
    expect(world.loads).toBe(1);
    await seconds(1);
    expect(world.results).toEqual(['a']);
    world.poller.stop();
  });

  test('tells nothing of what comes after it was stopped', async () => {
    const world = polling(['a']);
    world.poller.stop();
    await seconds(60);
    expect([world.results, world.loads]).toEqual([[], 1]);
  });
});

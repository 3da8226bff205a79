import { describe, expect, it } from 'vitest';
import { WAITER_MEMORY_MB } from '../../../../functions/contract.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { waitForEnd } from '../../../../functions/core/wait/wait-for-end.ts';
import { totalOf } from '../../../../lib/constructs/cost-lines.ts';
import { LIST_PRICES } from '../../../../lib/list-prices.ts';
import { waitCosts } from '../../../../planner/costs/wait-costs.ts';
import { deployConfig, deployedDefinitions } from '../../../../planner/deployment.ts';
import { makePlan } from '../../../../planner/plan.ts';
import { parsePlanArguments } from '../../../../planner/plan-arguments.ts';
import { reportOf } from '../../../../planner/report.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld } from '../../../doubles/world.ts';

const config = deployConfig({});
const quantityOf = (what: string, seconds: number, tasks = 1) =>
  waitCosts({ tasks, seconds }, config).find((line) => line.what === what)?.quantity;

describe('a wait', () => {
  it.each([0.05, 1, 7.3, 20])('of %f s reads as often as a waiter looks', async (seconds) => {
    const world = createWorld();
    const task = newTask(taskSeed());
    await world.ports.store.insert(task);
    const { store } = world.ports;
    let looks = 0;
    const counting = {
      get: ((...asked: Parameters<typeof store.get>) => {
        looks++;
        return store.get(...asked);
      }) as typeof store.get,
    };
    await waitForEnd(task, world.now + seconds * 1000, { ...world.ports, store: counting });
    // Beside the looks there are the first read, the last, and the slots.
    const read = (quantityOf('DynamoDB read units of waits', seconds) ?? 0) - 2 - config.waiters / 50 / 2;
    expect(read).toBe(looks / 2);
  });

  it('takes a function for as long, a slot, and a request', () => {
    expect(quantityOf('waiter GB-seconds', 20)).toBeCloseTo((20.03 * WAITER_MEMORY_MB) / 1024, 9);
    expect(quantityOf('API requests of waits', 20)).toBe(1);
    expect(quantityOf('DynamoDB write units of waits', 20)).toBe(2);
  });

  it('of longer than a call is several of them', () => {
    expect(quantityOf('API requests of waits', 300)).toBe(15);
    expect(quantityOf('waiter invocations', 300)).toBe(15);
    expect(quantityOf('DynamoDB write units of waits', 300)).toBe(30);
    expect(quantityOf('waiter GB-seconds', 300)).toBeCloseTo((300 + 15 * 0.03) / 4, 9);
  });

  it('for what has ended is a read', () => {
    expect(quantityOf('DynamoDB write units of waits', 0)).toBeUndefined();
    expect(quantityOf('DynamoDB read units of waits', 0)).toBe(2);
  });

  it('costs by the second what Lambda asks for its memory', () => {
    const [short, long] = [10, 20].map((seconds) => totalOf(waitCosts({ tasks: 1e6, seconds }, config)));
    const ofMemory = (10 * 1e6 * WAITER_MEMORY_MB * LIST_PRICES.gigabyteSecond) / 1024;
    expect((long ?? 0) - (short ?? 0)).toBeGreaterThan(ofMemory);
    expect((long ?? 0) - (short ?? 0)).toBeLessThan(1.1 * ofMemory);
  });
});

describe('a plan', () => {
  const planFor = (...given: string[]) => {
    const args = parsePlanArguments(given);
    const planned = deployConfig(args.context);
    return { args, config: planned, plan: makePlan(args, planned, deployedDefinitions()) };
  };

  it('prices what callers take who wait, for as long as their tasks do or they do', () => {
    const load = ['--rate', '10/s', '--duration', '5s', '--for', '2m', '-c', 'preset=prod'];
    const [without, whole, short] = [[], ['--waited', '50%'], ['--waited', '50%@1s']].map((more) =>
      planFor(...load, ...more),
    );
    const linesOf = (planned: typeof whole) => planned?.plan.costs.byTask.waiting ?? [];
    const gigabyteSeconds = (planned: typeof whole) =>
      linesOf(planned).find(({ what }) => what === 'waiter GB-seconds')?.quantity ?? 0;
    expect(linesOf(without)).toEqual([]);
    const tasks = whole?.plan.costs.tasks ?? 0;
    expect(gigabyteSeconds(whole)).toBeGreaterThan((0.5 * tasks * 5) / 4);
    expect(gigabyteSeconds(short)).toBeCloseTo((0.5 * tasks * 1.03) / 4, 6);
    const dearer = (whole?.plan.costs.totalPerMillion ?? 0) - (without?.plan.costs.totalPerMillion ?? 0);
    expect(dearer).toBeCloseTo((totalOf(linesOf(whole)) / tasks) * 1e6, 6);
    const bound = whole?.plan.bounds.find(({ name }) => name === 'callers who wait at a time');
    expect(bound).toMatchObject({ limit: 200 });
    expect(bound?.peak).toBeGreaterThan(10 * 0.5 * 5);
    expect(without?.plan.bounds.some(({ name }) => name.includes('wait'))).toBe(false);
    if (whole !== undefined) expect(reportOf(whole.plan, whole.args, whole.config)).toContain('waiter GB-seconds');
  });
});

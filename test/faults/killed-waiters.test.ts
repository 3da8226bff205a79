import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, it } from 'vitest';
import { call, submit } from '../e2e/api.ts';
import { freeSlots, takeSlots } from '../e2e/slots.ts';
import { processesOf } from './executor-processes.ts';

const { serverPid } = inject('stack');
const WAITER = 'millrace-waiter';

afterAll(freeSlots);

it.skipIf(!existsSync('/proc/self/environ'))(
  'the slot of a waiter that is killed is free when its lease ends, and others wait in it',
  { timeout: 90_000 },
  async () => {
    const { id } = await submit({ type: 'markdown.render', input: { markdown: 'x' }, delaySeconds: 600 });
    const waitFor = (seconds: number) => call('GET', `/api/tasks/${id}?waitSeconds=${seconds}`);
    const isHinted = async () => (await waitFor(1)).headers.get('millrace-waiting') === 'full';
    await Promise.all([waitFor(0), waitFor(0)]);
    // One slot is left.
    await takeSlots(Date.now() + 80_000, 1);
    const killed = waitFor(12).catch(() => undefined);
    await sleep(2_000);
    expect(await isHinted()).toBe(true);
    for (const pid of await processesOf(WAITER, serverPid)) process.kill(pid, 'SIGKILL');
    expect((await killed)?.status).not.toBe(200);
    expect(await isHinted()).toBe(true);
    await sleep(15_000);
    expect(await isHinted()).toBe(false);
  },
);

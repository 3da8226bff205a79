import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TraceSender } from '../../../../functions/runtime/tracing/trace-sender.ts';

type Put = ConstructorParameters<typeof TraceSender>[0]['put'];

function senderTo(put: Put) {
  const calls: string[][] = [];
  const logged: object[] = [];
  let now = 0;
  const sender = new TraceSender({
    put: (documents, signal) => {
      calls.push(documents);
      return put(documents, signal);
    },
    clock: () => now,
    log: (level, event, fields) => logged.push({ level, event, ...fields }),
  });
  return { sender, calls, logged, pass: (milliseconds: number) => (now += milliseconds) };
}

const documents = (count: number) => Array.from({ length: count }, (_, place) => `{"id":"${place}"}`);
const taken: Put = async () => [];
const never: Put = (_, signal) =>
  new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

afterEach(() => void vi.useRealTimers());

describe('what is recorded', () => {
  it('is sent at the end of an invocation, by one call, and once', async () => {
    const { sender, calls } = senderTo(taken);
    sender.add(documents(2));
    sender.add(documents(3));
    expect(calls).toEqual([]);
    expect(await sender.flush(10_000)).toBe(0);
    expect(await sender.flush(10_000)).toBe(0);
    expect(calls).toEqual([[...documents(2), ...documents(3)]]);
  });

  it('goes fifty to a call, as soon as there are so many', async () => {
    const { sender, calls } = senderTo(taken);
    sender.add(documents(120));
    expect(calls.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(await sender.flush(10_000)).toBe(0);
  });

  it('waits no longer than a second in an invocation that goes on', async () => {
    const { sender, calls } = senderTo(taken);
    sender.add(documents(1));
    await expect.poll(() => calls.length).toBe(1);
  });

  it('is waited for until X-Ray has taken it', async () => {
    let isTaken = false;
    const { sender } = senderTo(async () => {
      await sleep(50);
      isTaken = true;
      return [];
    });
    sender.add(documents(1));
    await sender.flush(10_000);
    expect(isTaken).toBe(true);
  });
});

describe('what X-Ray does not take', () => {
  it('is counted and logged where it is refused, each by itself', async () => {
    const refused = [{ Id: 'a', ErrorCode: 'ParseError', Message: 'no JSON' }, { Id: 'b' }];
    const { sender, calls, logged } = senderTo(async () => refused);
    sender.add(documents(10));
    expect(await sender.flush(10_000)).toBe(2);
    expect(logged).toEqual([
      { level: 'warn', event: 'segments not taken by X-Ray', segments: 2, reason: 'ParseError: no JSON' },
    ]);
    sender.add(documents(10));
    expect(await sender.flush(10_000)).toBe(2);
    expect(calls).toHaveLength(2);
  });

  it('is counted and logged where a call fails, and none is made for ever longer, up to a minute, until one is taken', async () => {
    let isThere = false;
    const { sender, calls, logged, pass } = senderTo(async () => {
      if (isThere) return [];
      throw new Error('AccessDenied');
    });
    const send = async (count: number) => {
      sender.add(documents(count));
      return sender.flush(10_000);
    };
    expect([await send(3), await send(4)]).toEqual([3, 4]);
    expect(calls).toHaveLength(1);
    expect(logged).toMatchObject([{ segments: 3, reason: 'Error: AccessDenied' }, { segments: 4 }]);
    const pauses: number[] = [];
    for (let waited = 0; pauses.length < 8; waited += 500, pass(500)) {
      const before = calls.length;
      expect(await send(1)).toBe(1);
      if (calls.length === before) continue;
      pauses.push(waited);
      waited = 0;
    }
    expect(pauses.map((milliseconds) => milliseconds / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    pass(60_000);
    isThere = true;
    expect([await send(1), await send(1)]).toEqual([0, 0]);
  });

  it('keeps an invocation for no longer than two seconds, and than it has', async () => {
    const { sender, logged } = senderTo(never);
    sender.add(documents(1));
    const started = performance.now();
    await sender.flush(100);
    expect(performance.now() - started).toBeLessThan(700);
    expect(await sender.flush(10_000)).toBe(1);
    expect(performance.now() - started).toBeLessThan(2_400);
    expect(logged).toMatchObject([{ segments: 1, reason: expect.stringContaining('not answered within 1900 ms') }]);
    await sender.flush(-1);
  });
});

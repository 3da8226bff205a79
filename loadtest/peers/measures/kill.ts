import { setTimeout as sleep } from 'node:timers/promises';
import { Load, untilEnded } from '../load.ts';
import type { Peer, Task } from '../peer.ts';
import { startWitness, type Witness } from '../witness.ts';
import { type Figure, less, type Measure, plain } from './measure.ts';

const TASKS = 200;
const WORK_MILLISECONDS = 500;
/** From the first attempt to the kill: by then some tasks are over, some under way, and some wait. */
const KILL_AFTER_MILLISECONDS = 800;

export const kill: Measure = {
  name: 'kill',
  title: 'Every worker is killed',
  method:
    `${TASKS} tasks of ${WORK_MILLISECONDS} ms in bulk; ${KILL_AFTER_MILLISECONDS} ms after the first has begun, every worker gets a SIGKILL. ` +
    'A witness outside of the system sees each attempt begin and end.',
  staggerSeconds: 15,
  async run(peer) {
    const witness = await startWitness(WORK_MILLISECONDS);
    const load = new Load(peer, 3);
    try {
      const tasks = Array.from({ length: TASKS }, (_, index): Task => {
        const input = { milliseconds: WORK_MILLISECONDS, url: `${witness.url}/${index}` };
        return { type: 'work', priority: 'normal', input };
      });
      const ids = await load.submitBulk(tasks);
      while (witness.attempts.length === 0) await sleep(10);
      await sleep(KILL_AFTER_MILLISECONDS);
      peer.killWorkers();
      const killedAt = performance.now();
      const ended = await untilEnded(peer, ids, { limitSeconds: peer.killLimitSeconds });
      return figuresOf(peer, witness, killedAt, ids.length, [...ended.values()]);
    } finally {
      await load.close();
      await witness.close();
    }
  },
};

function figuresOf(
  peer: Peer,
  { attempts }: Witness,
  killedAt: number,
  count: number,
  ended: readonly { readonly status: string }[],
): Figure[] {
  // Nothing else breaks an attempt; the witness may hear of one only when it is broken already.
  const killed = attempts.filter(({ isBroken }) => isBroken);
  const waits = killed.flatMap(({ task, startedAt }) => {
    const next = attempts.find((one) => one.task === task && one.startedAt > startedAt);
    return next === undefined ? [] : [(next.startedAt - killedAt) / 1000];
  });
  const wellEnded = attempts.filter(({ isBroken }) => !isBroken);
  const twice = wellEnded.length - new Set(wellEnded.map(({ task }) => task)).size;
  const lastEnd = Math.max(...wellEnded.map(({ endedAt }) => endedAt ?? Number.NaN));
  const isAllOver = ended.length === count;
  return [
    plain('under way when killed', killed.length),
    less('run again after, first, s', waits.length === 0 ? Number.NaN : Math.min(...waits)),
    less('run again after, last, s', waits.length === 0 ? Number.NaN : Math.max(...waits)),
    less('never run again', killed.length - waits.length),
    less('all over after, s', isAllOver ? (lastEnd - killedAt) / 1000 : Number.NaN),
    less('not over when no longer waited for', count - ended.length),
    plain('waited for at most, s', peer.killLimitSeconds),
    less('failed', ended.filter(({ status }) => status === 'failed').length),
    less('work done twice', twice),
  ];
}

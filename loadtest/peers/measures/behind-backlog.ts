import { setTimeout as sleep } from 'node:timers/promises';
import { Load, type Submitted, untilEnded } from '../load.ts';
import type { Peer, Task, Tenant } from '../peer.ts';
import { type Figure, latencies, less, plain, requireAll, type Settings } from './measure.ts';

const WORK_MILLISECONDS = 20;
const BETWEEN_SAMPLES_MILLISECONDS = 150;
/** The end of the backlog is looked for after so many samples. */
const SAMPLES_A_LOOK = 5;

export type Work = { readonly priority: Task['priority']; readonly tenant: Tenant };

/** Submits a backlog in bulk, and beside it single tasks, one after another, until it is gone or there are samples enough. */
export async function behindBacklog(peer: Peer, { bulk, samples }: Settings, backlog: Work, sample: Work) {
  const taskOf = ({ priority }: Work): Task => ({
    type: 'work',
    priority,
    input: { milliseconds: WORK_MILLISECONDS },
  });
  const load = new Load(peer, 10);
  try {
    const began = Date.now();
    const ids = await load.submitBulk(Array(bulk).fill(taskOf(backlog)), backlog.tenant);
    const submitted: Submitted[] = [];
    const isGone = async (): Promise<boolean> => (await peer.ended(ids.slice(-10), backlog.tenant)).length === 10;
    while (submitted.length < samples && !(submitted.length % SAMPLES_A_LOOK === 0 && (await isGone()))) {
      submitted.push(await load.submit(taskOf(sample), sample.tenant));
      await sleep(BETWEEN_SAMPLES_MILLISECONDS);
    }
    const sampleIds = submitted.map(({ id }) => id);
    const samplesEnded = await untilEnded(peer, sampleIds, sample);
    const ended = await untilEnded(peer, ids, backlog);
    requireAll(peer, sampleIds, samplesEnded);
    requireAll(peer, ids, ended);
    const gone = Math.max(...[...ended.values()].map(({ finishedAt }) => finishedAt));
    const behind = submitted.filter(({ sentAt }) => sentAt < gone);
    return figuresOf(
      behind.map(({ id, sentAt }) => (samplesEnded.get(id)?.finishedAt ?? Number.NaN) - sentAt),
      (gone - began) / 1000,
    );
  } finally {
    await load.close();
  }
}

const figuresOf = (waits: readonly number[], goneSeconds: number): Figure[] => [
  ...latencies('submit to over', waits),
  less('submit to over, longest ms', Math.max(...waits)),
  plain('samples', waits.length),
  less('backlog gone after, s', goneSeconds),
];

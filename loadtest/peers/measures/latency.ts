import { setTimeout as sleep } from 'node:timers/promises';
import { Load, noop, type Submitted, untilEnded } from '../load.ts';
import type { Peer } from '../peer.ts';
import { type Figure, latencies, type Measure, plain, requireAll } from './measure.ts';

const BETWEEN_SAMPLES_MILLISECONDS = 100;
const CALIBRATION_SECONDS = 4;
const CALIBRATION_CLIENTS = 10;

export const latency: Measure = {
  name: 'latency',
  title: 'Latency of a single no-op',
  method:
    'Idle: one task each 100 ms. At half load: at a constant rate, half of what the peer has just taken from ten clients. ' +
    "A task is over when the system itself has written down that it is, by this machine's clock.",
  async run(peer, { seconds, samples }) {
    const load = new Load(peer, 100);
    try {
      const idle: Submitted[] = [];
      while (idle.length < samples) {
        idle.push(await load.submit(noop));
        await sleep(BETWEEN_SAMPLES_MILLISECONDS);
      }
      const figures = await figuresOf('idle', peer, idle);
      const calibration = await load.closedLoop(CALIBRATION_CLIENTS, CALIBRATION_SECONDS);
      await untilEnded(
        peer,
        calibration.map(({ id }) => id),
      );
      const rate = calibration.length / CALIBRATION_SECONDS / 2;
      const busy = await load.openLoop(rate, seconds);
      return [...figures, plain('half load: submits a second', rate), ...(await figuresOf('half load', peer, busy))];
    } finally {
      await load.close();
    }
  },
};

async function figuresOf(name: string, peer: Peer, submitted: readonly Submitted[]): Promise<Figure[]> {
  const ids = submitted.map(({ id }) => id);
  const ended = await untilEnded(peer, ids);
  requireAll(peer, ids, ended);
  return [
    ...latencies(
      `${name}: submit`,
      submitted.map(({ milliseconds }) => milliseconds),
    ),
    ...latencies(
      `${name}: submit to over`,
      submitted.map(({ id, sentAt }) => (ended.get(id)?.finishedAt ?? Number.NaN) - sentAt),
    ),
  ];
}

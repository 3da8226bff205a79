import { Load, untilEnded } from '../load.ts';
import { startMeter } from '../meter.ts';
import type { Peer } from '../peer.ts';
import { type Figure, latencies, type Measure, more, requireAll, type Settings, usageFigures } from './measure.ts';

const CLIENTS = [10, 50];
/** So many clients at a time need so many environments, and those of an earlier round may be gone by now. */
const WARM_UP_SECONDS = 5;

async function measured(peer: Peer, clients: number, seconds: number): Promise<Figure[]> {
  const load = new Load(peer, clients);
  try {
    const before = await load.closedLoop(clients, WARM_UP_SECONDS);
    await untilEnded(
      peer,
      before.map(({ id }) => id),
    );
    const stop = await startMeter(peer);
    const began = Date.now();
    const submitted = await load.closedLoop(clients, seconds);
    const submitSeconds = (Date.now() - began) / 1000;
    const ids = submitted.map(({ id }) => id);
    const ended = await untilEnded(peer, ids);
    const usage = await stop();
    requireAll(peer, ids, ended);
    const last = Math.max(...[...ended.values()].map(({ finishedAt }) => finishedAt));
    const of = `${clients} clients`;
    return [
      more(`${of}: submits a second`, ids.length / submitSeconds),
      more(`${of}: ended a second`, ids.length / ((last - began) / 1000)),
      ...latencies(
        `${of}: submit`,
        submitted.map(({ milliseconds }) => milliseconds),
      ),
      ...usageFigures(of, usage, ids.length),
    ];
  } finally {
    await load.close();
  }
}

export const submits: Measure = {
  name: 'submits',
  title: 'Single submits of no-ops',
  method: 'Clients submit one task after another without a pause; what is used is counted until the last task is over.',
  async run(peer: Peer, { seconds }: Settings) {
    const figures: Figure[] = [];
    for (const clients of CLIENTS) figures.push(...(await measured(peer, clients, seconds)));
    return figures;
  },
};

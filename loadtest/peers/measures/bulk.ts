import { Load, noop, untilEnded } from '../load.ts';
import { startMeter } from '../meter.ts';
import { less, type Measure, more, requireAll, usageFigures } from './measure.ts';

export const bulk: Measure = {
  name: 'bulk',
  title: 'A bulk of no-ops',
  method: 'So many tasks in as few requests as the peer takes, three of those at a time.',
  async run(peer, { bulk: count }) {
    const load = new Load(peer, 3);
    try {
      const stop = await startMeter(peer);
      const began = Date.now();
      const ids = await load.submitBulk(Array(count).fill(noop));
      const accepted = Date.now();
      const ended = await untilEnded(peer, ids);
      const usage = await stop();
      requireAll(peer, ids, ended);
      const last = Math.max(...[...ended.values()].map(({ finishedAt }) => finishedAt));
      return [
        less('all accepted after, s', (accepted - began) / 1000),
        less('last task over after, s', (last - began) / 1000),
        more('tasks a second', count / ((last - began) / 1000)),
        ...usageFigures('bulk', usage, count),
      ];
    } finally {
      await load.close();
    }
  },
};

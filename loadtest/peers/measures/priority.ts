import { behindBacklog } from './behind-backlog.ts';
import type { Measure } from './measure.ts';

export const priority: Measure = {
  name: 'priority',
  title: 'A task of high priority behind a backlog of low ones',
  method:
    'Tasks of 20 ms in bulk, at low priority; then single ones of 20 ms at high priority, each 150 ms, while the backlog lasts.',
  run: (peer, settings) =>
    behindBacklog(peer, settings, { priority: 'low', tenant: 'noisy' }, { priority: 'high', tenant: 'noisy' }),
};

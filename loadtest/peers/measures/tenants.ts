import { behindBacklog } from './behind-backlog.ts';
import type { Measure } from './measure.ts';

export const tenants: Measure = {
  name: 'tenants',
  title: 'A quiet tenant beside a noisy one',
  method:
    'Tasks of 20 ms in bulk, of one tenant; then single ones of 20 ms of another, each 150 ms, at the same priority, while the backlog lasts.',
  run: (peer, settings) =>
    behindBacklog(peer, settings, { priority: 'normal', tenant: 'noisy' }, { priority: 'normal', tenant: 'quiet' }),
};

import { BULK_ACTION_TYPE } from '../../core/bulk-action/bulk-action.ts';
import type { Clock, DueTasks } from '../../core/ports.ts';

export type StartPorts = {
  readonly due: Pick<DueTasks, 'held'>;
  readonly clock: Clock;
  /** Has bulk actions begun, and does not wait for it. */
  readonly startBulkActions: () => Promise<void>;
};

/** Has bulk actions that are open go on, where there are any: each call of what carries them out lasts until the next one has come. */
export async function startOpenActions({ due, clock, startBulkActions }: StartPorts): Promise<void> {
  for await (const page of due.held(BULK_ACTION_TYPE, clock(), 1)) {
    if (page.length > 0) return startBulkActions();
  }
}

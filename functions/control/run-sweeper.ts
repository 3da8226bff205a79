import { type FirePorts, fireSchedules } from './fire-schedules.ts';
import { type SweepPorts, sweep } from './sweep.ts';

/**
 * Makes the tasks of schedules that are due, and sends the tasks that are: side by side, so that neither waits for the other.
 * Throws in the end where one of them has failed.
 */
export async function runSweeper(deadline: number, ports: SweepPorts & FirePorts): Promise<void> {
  const ends = await Promise.allSettled([fireSchedules(deadline, ports), sweep(deadline, ports)]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

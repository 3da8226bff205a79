import { type StartPorts, startOpenActions } from './bulk-actions/start-open-actions.ts';
import { type DeployPorts, deploySchedules } from './deploy-schedules.ts';
import { type FirePorts, fireSchedules } from './fire-schedules.ts';
import { type SweepPorts, sweep } from './sweep.ts';

/**
 * Makes the schedules of definitions what they say, and then the tasks of those that are due; and sends the tasks that are,
 * beside that, and has bulk actions go on, so that none of these waits for another. Throws in the end where one of them has failed.
 */
export async function runSweeper(
  deadline: number,
  ports: SweepPorts & FirePorts & DeployPorts & StartPorts,
): Promise<void> {
  const deployed = deploySchedules(ports);
  // Where that fails, it is tried again in the next run: the others fire meanwhile.
  const fired = deployed.catch(() => {}).then(() => fireSchedules(deadline, ports));
  const ends = await Promise.allSettled([deployed, fired, sweep(deadline, ports), startOpenActions(ports)]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

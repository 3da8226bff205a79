import { drained, type Fates, readFates } from './drain.ts';
import { noteGarbage } from './garbage.ts';
import type { RequestRecord } from './generate-load.ts';
import type { LiveLine } from './live-line.ts';
import { MillraceApi } from './millrace-api.ts';
import { ProcessUsage } from './process-usage.ts';
import type { Run } from './run.ts';
import type { Target } from './target.ts';

/** A load that is over. */
export type Loaded = {
  readonly begunAt: number;
  /** What was requested; of some it shows only from what became of the tasks. */
  readonly requests: (fates: Fates) => readonly RequestRecord[];
};

/** All of a run but what it was for. */
export type Measured = Omit<Run, 'scenario' | 'mix' | 'options'>;

/**
 * Has a load put on a target, notes what its processes take meanwhile, waits until all of it has ended, and reads what became
 * of it.
 */
export async function measure(
  target: Target,
  { drainMinutes, live }: { readonly drainMinutes: number; readonly live: LiveLine },
  load: (observer: MillraceApi) => Promise<Loaded>,
): Promise<Measured> {
  const { local, signal } = target;
  const garbage = local === undefined ? undefined : await noteGarbage(local);
  const usage = local === undefined ? undefined : new ProcessUsage(local.serverPid);
  // Apart from the load's, so that looking does not queue behind it.
  const observer = new MillraceApi(target, 2);
  try {
    // Tells of a wrong address or key before there is any load.
    await observer.inLanes().catch((error: Error) => {
      throw new Error(`${target.url} cannot be measured: ${error.message}`);
    });
    await usage?.start();
    const { begunAt, requests: requestsOf } = await load(observer);
    const limit = { seconds: drainMinutes * 60, signal };
    const isDrained = await drained(observer, limit, (left) => live.say(`draining: about ${left} tasks left`));
    const drainedAt = isDrained ? Date.now() : undefined;
    usage?.stop();
    const fates = await readFates(observer, begunAt, (read) => live.say(`reading what became of the tasks: ${read}`));
    const requests = requestsOf(fates);
    const loadEndedAt = requests.reduce((last, { endedAt }) => Math.max(last, endedAt), begunAt);
    return {
      ...{ begunAt, loadEndedAt, drainedAt, fates, requests },
      processes: usage?.samples ?? [],
      garbage: (await garbage?.read()) ?? [],
    };
  } finally {
    usage?.stop();
    await garbage?.remove();
    await observer.close();
  }
}

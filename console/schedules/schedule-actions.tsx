import { useRef } from 'preact/hooks';
import { call, remove } from '../api/call.ts';
import { isOfDefinition, type Schedule, scheduleSchema } from '../api/schedule.ts';
import { taskSchema } from '../api/task.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import type { Live } from '../parts/live.ts';
import { goTo } from '../parts/navigation.ts';

type ScheduleActionsProps = { readonly schedule: Schedule; readonly live: Live<Schedule> };

/** Offers what can be done with a schedule: all of it, or what a definition leaves to be done. */
export function ScheduleActions({ schedule, live }: ScheduleActionsProps) {
  const path = `api/schedules/${encodeURIComponent(schedule.id)}`;
  const runKey = useRef(crypto.randomUUID());
  const turn = async (verb: 'pause' | 'resume', done: string): Promise<void> => {
    live.put(await call(`${path}/${verb}`, scheduleSchema, { method: 'POST' }));
    announce(done);
  };
  const run = async (): Promise<void> => {
    // A run whose answer was lost is the same run when it is confirmed again.
    await call(`${path}/run`, taskSchema, { method: 'POST', headers: { 'idempotency-key': runKey.current } });
    runKey.current = crypto.randomUUID();
    announce('The schedule has fired: its task is made.');
    live.refresh();
  };
  const end = async (): Promise<void> => {
    await remove(path);
    announce('The schedule is deleted.');
    goTo({ page: 'schedules' });
  };
  return (
    <>
      {!isOfDefinition(schedule) && (
        <a class="button" href={hrefOf({ page: 'schedule-form', id: schedule.id })}>
          Edit
        </a>
      )}
      <ConfirmedAction label="Run now" question="Fire this schedule now?" act={run}>
        <p>Its task is made beside its own times, also while it is paused or the task before has not ended.</p>
      </ConfirmedAction>
      {schedule.paused ? (
        <ConfirmedAction
          label="Resume"
          question="Resume this schedule?"
          act={() => turn('resume', 'The schedule fires again.')}
        >
          <p>It fires at its next time. What came due while it was paused is left out.</p>
        </ConfirmedAction>
      ) : (
        <ConfirmedAction
          label="Pause"
          question="Pause this schedule?"
          act={() => turn('pause', 'The schedule is paused.')}
        >
          <p>It fires no more until it is resumed. The tasks that it has made go on.</p>
        </ConfirmedAction>
      )}
      {!isOfDefinition(schedule) && (
        <ConfirmedAction label="Delete" isDangerous question="Delete this schedule?" act={end}>
          <p>It fires no more, and cannot be put back. The tasks that it has made go on.</p>
        </ConfirmedAction>
      )}
    </>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { Definition } from '../api/definition.ts';
import type { ApiFailure } from '../api/problem.ts';
import { isOfDefinition, type Schedule, scheduleSchema } from '../api/schedule.ts';
import { hrefOf } from '../model/route.ts';
import { OfType } from '../pages/of-type.tsx';
import { useDefinitions } from '../parts/deployment.ts';
import { Empty } from '../parts/elements.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { LiveContent, Loading } from '../parts/live-content.tsx';
import { replaceRoute } from '../parts/navigation.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { ScheduleForm } from './schedule-form.tsx';

type ScheduleFormPageProps = { readonly id: string | undefined; readonly type: string | undefined };

/** Shows a form for a new schedule, or for one that is there. */
export function ScheduleFormPage({ id, type }: ScheduleFormPageProps) {
  const definitions = useDefinitions();
  return (
    <>
      <a class="back" href={hrefOf(id === undefined ? { page: 'schedules' } : { page: 'schedule', id })}>
        ← {id === undefined ? 'Schedules' : 'The schedule'}
      </a>
      <PageHeading title={id === undefined ? 'Make a schedule' : 'Edit a schedule'} />
      <LiveContent live={definitions}>
        {({ items }) =>
          id === undefined ? (
            <OfType
              definitions={items}
              type={type}
              onChange={(chosen) => replaceRoute({ page: 'schedule-form', type: chosen })}
            >
              {(definition) => <ScheduleForm key={definition.type} type={definition} />}
            </OfType>
          ) : (
            <EditedSchedule id={id} definitions={items} />
          )
        }
      </LiveContent>
    </>
  );
}

/** Loads a schedule once: what others do to it meanwhile does not take away what is being written. */
function EditedSchedule({ id, definitions }: { id: string; definitions: readonly Definition[] }) {
  const [found, setFound] = useState<{ schedule?: Schedule; failure?: ApiFailure }>({});
  useEffect(() => {
    const controller = new AbortController();
    call(`api/schedules/${encodeURIComponent(id)}`, scheduleSchema, { signal: controller.signal }).then(
      (schedule) => setFound({ schedule }),
      (failure: ApiFailure) => controller.signal.aborted || setFound({ failure }),
    );
    return () => controller.abort();
  }, [id]);
  const { schedule, failure } = found;
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (schedule === undefined) return <Loading />;
  const { type } = schedule;
  if (isOfDefinition(schedule)) return <Empty title={`It is changed in the definition of ${type}, with a deploy.`} />;
  // A type that is gone takes no input, but the times of its schedule can still be mended.
  const known = definitions.find((definition) => definition.type === type);
  return <ScheduleForm type={known ?? { type, inputSchema: {} }} schedule={schedule} />;
}

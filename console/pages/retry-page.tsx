import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { ApiFailure } from '../api/problem.ts';
import { isLost, type Task, taskSchema } from '../api/task.ts';
import { hrefOf } from '../model/route.ts';
import { useDefinitions } from '../parts/deployment.ts';
import { Empty } from '../parts/elements.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { LiveContent, Loading } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { RetryForm } from './retry-form.tsx';

/** Shows a form with the input of a task, to run that again with another. */
export function RetryPage({ id }: { id: string }) {
  const definitions = useDefinitions();
  return (
    <>
      <a class="back" href={hrefOf({ page: 'task', id })}>
        ← The task
      </a>
      <PageHeading title="Retry with another input" tabTitle={`Retry ${id}`} />
      <LiveContent live={definitions}>
        {({ items }) => (
          <LoadedTask id={id}>
            {(task) => {
              if (!isLost(task))
                return (
                  <Empty title={`The task is ${task.status}.`}>
                    <p>Only one that has failed or was cancelled can be retried.</p>
                  </Empty>
                );
              const definition = items.find(({ type }) => type === task.type);
              if (definition === undefined) return <Empty title={`The type ${task.type} is not deployed any more.`} />;
              return <RetryForm task={task} definition={definition} />;
            }}
          </LoadedTask>
        )}
      </LiveContent>
    </>
  );
}

type LoadedTaskProps = { readonly id: string; readonly children: (task: Task) => preact.ComponentChild };

/** Loads a task once: what becomes of it meanwhile does not take away what is being written. */
function LoadedTask({ id, children }: LoadedTaskProps) {
  const [{ task, failure }, setFound] = useState<{ task?: Task; failure?: ApiFailure }>({});
  useEffect(() => {
    const controller = new AbortController();
    call(`api/tasks/${encodeURIComponent(id)}`, taskSchema, { signal: controller.signal }).then(
      (found) => setFound({ task: found }),
      (reason: ApiFailure) => controller.signal.aborted || setFound({ failure: reason }),
    );
    return () => controller.abort();
  }, [id]);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  return task === undefined ? <Loading /> : children(task);
}

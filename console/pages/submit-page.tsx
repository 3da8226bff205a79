import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { ApiFailure } from '../api/problem.ts';
import { taskSchema } from '../api/task.ts';
import { useDefinitions } from '../parts/deployment.ts';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { LiveContent, Loading } from '../parts/live-content.tsx';
import { replaceRoute } from '../parts/navigation.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { OfType } from './of-type.tsx';
import { SubmitForm } from './submit-form.tsx';

type SubmitPageProps = { readonly type: string | undefined; readonly copyOf: string | undefined };

/** Shows a form for a task of any type, empty or filled in with the input of an earlier one. */
export function SubmitPage({ type, copyOf }: SubmitPageProps) {
  const definitions = useDefinitions();
  return (
    <>
      <PageHeading title="Submit a task" />
      <LiveContent live={definitions}>
        {({ items }) => (
          <OfType definitions={items} type={type} onChange={(chosen) => replaceRoute({ page: 'submit', type: chosen })}>
            {(definition) => (
              <CopiedInput id={copyOf}>
                {(input) => <SubmitForm key={definition.type} definition={definition} input={input} />}
              </CopiedInput>
            )}
          </OfType>
        )}
      </LiveContent>
    </>
  );
}

type CopiedInputProps = {
  readonly id: string | undefined;
  readonly children: (input: unknown) => preact.ComponentChild;
};

/** Loads the input of the task that is copied, where one is. */
function CopiedInput({ id, children }: CopiedInputProps) {
  const [found, setFound] = useState<{ input?: unknown; failure?: ApiFailure }>();
  useEffect(() => {
    if (id === undefined) return;
    const controller = new AbortController();
    call(`api/tasks/${encodeURIComponent(id)}`, taskSchema, { signal: controller.signal }).then(
      ({ input }) => setFound({ input }),
      (failure: ApiFailure) => controller.signal.aborted || setFound({ failure }),
    );
    return () => controller.abort();
  }, [id]);
  if (id === undefined) return children(undefined);
  if (found === undefined) return <Loading />;
  return found.failure === undefined ? children(found.input) : <FailureNotice failure={found.failure} />;
}

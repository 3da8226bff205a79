import { call } from '../api/call.ts';
import { type Definition, definitionSchema } from '../api/definition.ts';
import { duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Fact } from '../parts/elements.tsx';
import { JsonBlock } from '../parts/json-block.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { TypeSettings } from './type-settings.tsx';

const REFRESH_SECONDS = 10;

/** Shows a task type, and what can be changed of it without a deploy. */
export function TypePage({ type }: { type: string }) {
  const path = `api/definitions/${encodeURIComponent(type)}`;
  const live = useLive(path, (signal) => call(path, definitionSchema, { signal }), REFRESH_SECONDS);
  const change = async (patch: Readonly<Record<string, unknown>>): Promise<void> => {
    live.put(await call(path, definitionSchema, { method: 'PATCH', body: patch }));
    announce('Changed. It holds everywhere within 10 s.');
  };
  return (
    <>
      <a class="back" href={hrefOf({ page: 'types' })}>
        ← Task types
      </a>
      <PageHeading title={type}>
        <a class="button" href={hrefOf({ page: 'tasks', filter: { type } })}>
          Its tasks
        </a>
        <a class="button" href={hrefOf({ page: 'submit', type })}>
          Submit one
        </a>
        <a class="button" href={hrefOf({ page: 'schedule-form', type })}>
          Schedule it
        </a>
        {live.data !== undefined && <Pause definition={live.data} onChange={change} />}
      </PageHeading>
      <LiveContent live={live}>
        {(definition) => (
          <div class="task">
            <Summary definition={definition} />
            <TypeSettings key={JSON.stringify(definition.settings)} definition={definition} onChange={change} />
            <JsonBlock title="Input schema" value={definition.inputSchema} />
            {definition.outputSchema !== undefined && (
              <JsonBlock title="Output schema" value={definition.outputSchema} />
            )}
          </div>
        )}
      </LiveContent>
    </>
  );
}

type ChangeProps = {
  readonly definition: Definition;
  readonly onChange: (patch: Readonly<Record<string, unknown>>) => Promise<void>;
};

const Pause = ({ definition: { paused }, onChange }: ChangeProps) =>
  paused ? (
    <ConfirmedAction label="Resume" question="Resume this type?" act={() => onChange({ paused: null })}>
      <p>The tasks that have waited start within a minute or so.</p>
    </ConfirmedAction>
  ) : (
    <ConfirmedAction label="Pause" isDangerous question="Pause this type?" act={() => onChange({ paused: true })}>
      <p>Its tasks are accepted and wait, those of all tenants. Attempts that run already go on.</p>
    </ConfirmedAction>
  );

const Summary = ({ definition }: { definition: Definition }) => (
  <section class="card">
    {definition.paused && <p class="note">Paused: its tasks are accepted, and none starts.</p>}
    <p>{definition.description}</p>
    <dl class="facts">
      <Fact name="Resource class">{definition.resources}</Fact>
      <Fact name="Priority">{definition.priority}</Fact>
      <Fact name="An attempt may take">{duration(definition.timeoutSeconds * 1000)}</Fact>
      <Fact name="Attempts">{definition.retry.maxAttempts}</Fact>
      <Fact name="Pause between attempts">
        {duration(definition.retry.baseDelaySeconds * 1000)} at first,{' '}
        {duration(definition.retry.maxDelaySeconds * 1000)} at most
      </Fact>
      {definition.retentionDays !== undefined && <Fact name="Kept after its end">{definition.retentionDays} d</Fact>}
    </dl>
  </section>
);

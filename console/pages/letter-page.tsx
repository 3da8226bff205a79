import { useRef } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type DeadLetterDetails, deadLetterSchema, droppedLetterSchema, redrivenLetterSchema } from '../api/lane.ts';
import { ApiFailure } from '../api/problem.ts';
import { counted } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Fact, StatusBadge } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { goTo } from '../parts/navigation.ts';
import { PageHeading } from '../parts/page-heading.tsx';

type Redrive = (body?: { readonly message: unknown }) => Promise<void>;

/** Shows one dead letter, to be sent again, as it is or changed, or dropped. */
export function LetterPage({ lane, id }: { lane: string; id: string }) {
  const path = `api/lanes/${encodeURIComponent(lane)}/dead-letters/${encodeURIComponent(id)}`;
  // To look at it takes it away from everyone for a moment, so it is not done again and again.
  const live = useLive(path, (signal) => call(path, deadLetterSchema, { signal }), 0);
  const leave = (sentence: string): void => {
    announce(sentence);
    goTo({ page: 'lane', name: lane });
  };
  const redrive: Redrive = async (body) => {
    const sent = await call(`${path}/redrive`, redrivenLetterSchema, { method: 'POST', body: body ?? {} });
    leave(`${counted(sent.tasks, 'task')} sent again.`);
  };
  const drop = async (): Promise<void> => {
    const { cancelled } = await call(path, droppedLetterSchema, { method: 'DELETE' });
    leave(`The message is dropped, and ${counted(cancelled, 'task')} cancelled.`);
  };
  const letter = live.data;
  return (
    <>
      <a class="back" href={hrefOf({ page: 'lane', name: lane })}>
        ← {lane}
      </a>
      <PageHeading title="Dead letter">
        {letter !== undefined && letter.tasks.length > 0 && letter.ofOthers === 0 && (
          <ConfirmedAction label="Send again" question="Send this message to its lane again?" act={() => redrive()}>
            <p>A task in it that has ended in the meantime does not run again.</p>
          </ConfirmedAction>
        )}
        {letter?.ofOthers === 0 && (
          <ConfirmedAction label="Drop" isDangerous question="Drop this message?" act={drop}>
            <p>The tasks in it that have not ended are cancelled: nothing else would run them.</p>
          </ConfirmedAction>
        )}
      </PageHeading>
      <LiveContent live={live} loading="Looking for it among the dead letters, which may take some seconds…">
        {(found) => (
          <div class="task">
            <Summary letter={found} />
            {found.tasks.length > 0 && <Tasks tasks={found.tasks} />}
            <Message letter={found} onSend={redrive} />
          </div>
        )}
      </LiveContent>
    </>
  );
}

const Summary = ({ letter: { messageId, reason, sentAt, ofOthers } }: { letter: DeadLetterDetails }) => (
  <section class="card">
    <div class="task-error">
      <strong>
        <code>{reason.code}</code>
      </strong>
      <p>{reason.message}</p>
    </div>
    <dl class="facts">
      <Fact name="Message">
        <code>{messageId}</code>
      </Fact>
      <Fact name="Sent">
        <Ago at={sentAt} />
      </Fact>
      {ofOthers > 0 && <Fact name="Of other tenants">{counted(ofOthers, 'task')}</Fact>}
    </dl>
  </section>
);

/** A message of a bulk submit holds many tasks: so many are shown. */
const SHOWN_TASKS = 20;

const Tasks = ({ tasks }: Pick<DeadLetterDetails, 'tasks'>) => (
  <section class="card">
    <h2>{counted(tasks.length, 'task')} in it</h2>
    <ul class="tree">
      {tasks.slice(0, SHOWN_TASKS).map(({ id, type, tenantId, status }) => (
        <li key={`${tenantId} ${id}`} class="branch">
          {status === undefined ? (
            <span>
              {type} <code>{id}</code>, of which there is no record
            </span>
          ) : (
            <>
              <StatusBadge status={status} />
              <a href={hrefOf({ page: 'task', id })}>
                {type} <code>{id}</code>
              </a>
            </>
          )}
          <span class="muted">of {tenantId}</span>
        </li>
      ))}
    </ul>
    {tasks.length > SHOWN_TASKS && <p class="muted">And {tasks.length - SHOWN_TASKS} more, as the message says.</p>}
  </section>
);

/** Shows the message itself, to be changed and sent, to whoever may see all of it. */
function Message({
  letter: { message, text, tasks, ofOthers },
  onSend,
}: {
  letter: DeadLetterDetails;
  onSend: Redrive;
}) {
  const edited = useRef<HTMLTextAreaElement>(null);
  const shown = text ?? (message === undefined ? undefined : JSON.stringify(message, undefined, 2));
  if (shown === undefined) {
    return (
      <p class="note">
        {ofOthers > 0
          ? 'The message holds tasks of other tenants as well: to see all of it, send it or drop it takes a key with the scope platform.'
          : 'To see what is in the message takes a key with the scope read.'}
      </p>
    );
  }
  return (
    <section class="card">
      <div class="card-heading">
        <h2>Message</h2>
        <ConfirmedAction
          label="Send as changed"
          question="Send the message as it is in the field?"
          act={() => onSend({ message: parsed(edited.current?.value ?? '') })}
        >
          <p>Types and inputs are checked. Which tasks they are has to stay as it is.</p>
        </ConfirmedAction>
      </div>
      <p class="muted">
        {tasks.length === 0
          ? 'No executor can read it as it is. It can be changed to what one can and sent, or dropped.'
          : 'It may be changed before it is sent: input, type, lane, priority, attempts and timeout of its tasks.'}
      </p>
      <textarea
        ref={edited}
        class="code"
        aria-label="The message, as JSON"
        rows={18}
        spellcheck={false}
        defaultValue={shown}
      />
    </section>
  );
}

/** Reads the field. Throws what the dialog shows where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiFailure(`The message is no JSON: ${reason}.`, { code: 'invalid_request' });
  }
}

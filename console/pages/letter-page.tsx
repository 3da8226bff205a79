import { useRef } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type DeadLetterDetails, deadLetterSchema, droppedLetterSchema, redrivenLetterSchema } from '../api/lane.ts';
import { ApiFailure } from '../api/problem.ts';
import { counted } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Fact } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';

/** Shows one dead letter, to be sent again, as it is or changed, or dropped. */
export function LetterPage({ lane, id }: { lane: string; id: string }) {
  const path = `api/lanes/${encodeURIComponent(lane)}/dead-letters/${encodeURIComponent(id)}`;
  const back = hrefOf({ page: 'lane', name: lane });
  const edited = useRef<HTMLTextAreaElement>(null);
  // To look at it takes it away from everyone for a moment, so it is not done again and again.
  const live = useLive(path, (signal) => call(path, deadLetterSchema, { signal }), 0);
  const leave = (sentence: string): void => {
    announce(sentence);
    location.hash = back;
  };
  const redrive = async (body?: { readonly message: unknown }): Promise<void> => {
    const sent = await call(`${path}/redrive`, redrivenLetterSchema, { method: 'POST', body: body ?? {} });
    leave(`${counted(sent.tasks, 'task')} sent again.`);
  };
  const drop = async (): Promise<void> => {
    const { cancelled } = await call(path, droppedLetterSchema, { method: 'DELETE' });
    leave(`The message is dropped, and ${counted(cancelled, 'task')} cancelled.`);
  };
  return (
    <>
      <a class="back" href={back}>
        ← {lane}
      </a>
      <PageHeading title="Dead letter">
        {live.data !== undefined && (
          <>
            <ConfirmedAction label="Send again" question="Send this message to its lane again?" act={() => redrive()}>
              <p>A task in it that has ended in the meantime does not run again.</p>
            </ConfirmedAction>
            <ConfirmedAction label="Drop" isDangerous question="Drop this message?" act={drop}>
              <p>The tasks in it that have not ended are cancelled: nothing else would run them.</p>
            </ConfirmedAction>
          </>
        )}
      </PageHeading>
      <LiveContent live={live}>
        {(letter) => (
          <div class="task">
            <Summary letter={letter} />
            <section class="card">
              <div class="card-heading">
                <h2>Message</h2>
                <ConfirmedAction
                  label="Send changed"
                  question="Send the message as it is in the field?"
                  act={() => redrive({ message: parsed(edited.current?.value ?? '') })}
                >
                  <p>Types and inputs are checked. Which tasks they are has to stay as it is.</p>
                </ConfirmedAction>
              </div>
              <textarea
                ref={edited}
                class="code"
                aria-label="The message, as JSON"
                rows={18}
                spellcheck={false}
                defaultValue={
                  letter.text ?? (letter.message === undefined ? '' : JSON.stringify(letter.message, undefined, 2))
                }
              />
            </section>
          </div>
        )}
      </LiveContent>
    </>
  );
}

const Summary = ({ letter: { messageId, reason, sentAt, ofOthers } }: { letter: DeadLetterDetails }) => (
  <section class="card">
    <dl class="facts">
      <Fact name="Message">
        <code>{messageId}</code>
      </Fact>
      <Fact name="Reason">
        <code>{reason.code}</code> {reason.message}
      </Fact>
      <Fact name="Sent">
        <Ago at={sentAt} />
      </Fact>
      {ofOthers > 0 && <Fact name="Of other tenants">{counted(ofOthers, 'task')}</Fact>}
    </dl>
  </section>
);

/** Reads the field. Throws what the dialog shows where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiFailure(`The message is no JSON: ${reason}.`, { code: 'invalid_request' });
  }
}

import { call, remove } from '../api/call.ts';
import { type Secret, secretSchema, type Webhook, webhookSchema } from '../api/webhook.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import type { Live } from '../parts/live.ts';
import { goTo } from '../parts/navigation.ts';

type WebhookActionsProps = {
  readonly webhook: Webhook;
  readonly live: Live<Webhook>;
  readonly onSecret: (secret: Secret) => void;
};

/** Offers what can be done with a webhook. */
export function WebhookActions({ webhook: { id, paused }, live, onSecret }: WebhookActionsProps) {
  const path = `api/webhooks/${encodeURIComponent(id)}`;
  const turn = async (verb: 'pause' | 'resume', done: string): Promise<void> => {
    live.put(await call(`${path}/${verb}`, webhookSchema, { method: 'POST' }));
    announce(done);
  };
  const rotate = async (): Promise<void> => {
    onSecret(await call(`${path}/secret`, secretSchema, { method: 'POST' }));
    announce('The webhook has another secret.');
  };
  const end = async (): Promise<void> => {
    await remove(path);
    announce('The webhook is deleted.');
    goTo({ page: 'webhooks' });
  };
  return (
    <>
      {paused ? (
        <ConfirmedAction
          label="Resume"
          question="Resume this webhook?"
          act={() => turn('resume', 'The webhook is told again.')}
        >
          <p>It is told of what ends from now on. Deliveries that have failed can be sent again.</p>
        </ConfirmedAction>
      ) : (
        <ConfirmedAction
          label="Pause"
          question="Pause this webhook?"
          act={() => turn('pause', 'The webhook is paused.')}
        >
          <p>It is told nothing until it is resumed. What is under way to it fails, and can be sent again then.</p>
        </ConfirmedAction>
      )}
      <ConfirmedAction label="Rotate the secret" question="Give this webhook another secret?" act={rotate}>
        <p>The new one is shown once. The one before signs beside it for a day.</p>
      </ConfirmedAction>
      <ConfirmedAction label="Delete" isDangerous question="Delete this webhook?" act={end}>
        <p>It is told nothing more, and what is under way to it fails. It cannot be put back.</p>
      </ConfirmedAction>
    </>
  );
}

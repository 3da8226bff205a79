import { useMemo, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { madeWebhookSchema } from '../api/webhook.ts';
import { type Draft, draftOf, readDraft } from '../form/draft.ts';
import { Properties } from '../form/field-view.tsx';
import { placeErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { useSending } from '../form/sending.ts';
import { webhookField } from '../form/webhook-terms.ts';
import { hrefOf } from '../model/route.ts';
import { Messages } from '../pages/input-card.tsx';
import { announce } from '../parts/announcement.tsx';
import { typeNames, useDefinitions } from '../parts/deployment.ts';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { SecretCard } from './secret-card.tsx';

type Made = { readonly id: string; readonly secret: string };

/** Shows a form for a new webhook, and once that is made its secret. */
export function WebhookFormPage() {
  const definitions = useDefinitions();
  const [made, setMade] = useState<Made>();
  return (
    <>
      <a class="back" href={hrefOf({ page: 'webhooks' })}>
        ← Webhooks
      </a>
      <PageHeading title={made === undefined ? 'Add a webhook' : 'The webhook is there'}>
        {made !== undefined && (
          <a class="button primary" href={hrefOf({ page: 'webhook', id: made.id })}>
            Go to the webhook
          </a>
        )}
      </PageHeading>
      {made !== undefined && <SecretCard secret={made} />}
      {made === undefined && (
        <LiveContent live={definitions}>
          {(found) => <WebhookForm types={typeNames(found)} onMade={setMade} />}
        </LiveContent>
      )}
    </>
  );
}

type WebhookFormProps = { readonly types: readonly string[]; readonly onMade: (made: Made) => void };

function WebhookForm({ types, onMade }: WebhookFormProps) {
  const field = useMemo(() => webhookField(types), [types.join(' ')]);
  const [draft, setDraft] = useState<Draft>(() => draftOf(field));
  const sending = useSending();
  const said = readDraft(field, draft, true);
  // What is sent again as it is, since no answer came, is the same webhook.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [draft]);
  const placed = placeErrors(sending.errors, new Set(pointersOf(field, draft, '')));
  const make = async (): Promise<void> => {
    const headers = { 'idempotency-key': idempotencyKey };
    onMade(await call('api/webhooks', madeWebhookSchema, { method: 'POST', body: said.value, headers }));
    announce('The webhook is made.');
  };
  return (
    <form class="submit" ref={sending.form} onSubmit={(event) => sending.send(event, said.errors, make)} noValidate>
      <section class="card">
        <Properties field={field} draft={draft} pointer="" errors={placed} onChange={setDraft} />
      </section>
      {sending.failure !== undefined && <FailureNotice failure={sending.failure} areFieldsMarked />}
      <Messages messages={placed.get('')} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={sending.isBusy}>
          {sending.isBusy ? 'Saving…' : 'Add the webhook'}
        </button>
      </div>
    </form>
  );
}

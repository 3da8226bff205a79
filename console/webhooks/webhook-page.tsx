import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type Secret, type Webhook, webhookSchema } from '../api/webhook.ts';
import { hrefOf } from '../model/route.ts';
import { Ago, Empty, Fact } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Deliveries } from './deliveries.tsx';
import { SecretCard } from './secret-card.tsx';
import { WebhookActions } from './webhook-actions.tsx';
import { typesOf } from './webhook-elements.tsx';

const REFRESH_SECONDS = 15;

/** Shows a webhook, and what it was told. */
export function WebhookPage({ id }: { id: string }) {
  const [secret, setSecret] = useState<Secret>();
  const path = `api/webhooks/${encodeURIComponent(id)}`;
  const live = useLive(path, (signal) => call(path, webhookSchema, { signal }), REFRESH_SECONDS);
  // What was there a moment ago is not to be acted upon.
  const isGone = live.data !== undefined && live.failure?.code === 'not_found';
  const webhook = isGone ? undefined : live.data;
  return (
    <>
      <a class="back" href={hrefOf({ page: 'webhooks' })}>
        ← Webhooks
      </a>
      <PageHeading title={live.data?.name ?? 'Webhook'}>
        {webhook !== undefined && <WebhookActions webhook={webhook} live={live} onSecret={setSecret} />}
      </PageHeading>
      {secret !== undefined && <SecretCard secret={secret} />}
      {isGone ? (
        <Empty title="This webhook has been deleted.">
          <p class="muted">What was under way to it fails.</p>
        </Empty>
      ) : (
        <LiveContent live={live}>{(found) => <WebhookFacts webhook={found} />}</LiveContent>
      )}
      <h2 class="below">Deliveries</h2>
      <Deliveries assignee={{ type: 'webhook', id }} />
    </>
  );
}

const WebhookFacts = ({ webhook }: { webhook: Webhook }) => (
  <section class="card">
    {webhook.paused && (
      <p class="note">
        {webhook.pauseReason === 'gone'
          ? 'Paused: its receiver has answered 410 Gone. It is told nothing until it is resumed.'
          : 'Paused: it is told nothing until it is resumed.'}
      </p>
    )}
    <dl class="facts">
      <Fact name="URL">
        <bdi>{webhook.url}</bdi>
      </Fact>
      <Fact name="Of types">{typesOf(webhook)}</Fact>
      <Fact name="When">{webhook.statuses?.join(', ') ?? 'any end'}</Fact>
      <Fact name="Outputs">{webhook.includeOutput ? 'are told, up to 64 KB' : 'are not told'}</Fact>
      <Fact name="Added">
        <Ago at={webhook.createdAt} />
      </Fact>
      <Fact name="Id">
        <code>{webhook.id}</code>
      </Fact>
    </dl>
  </section>
);

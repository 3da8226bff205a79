import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type Secret, secretSchema, type Webhook, webhooksSchema } from '../api/webhook.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { Ago, Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';
import { SecretCard } from './secret-card.tsx';
import { PausedBadge, typesOf } from './webhook-elements.tsx';

const REFRESH_SECONDS = 15;
const PATH = 'api/webhooks';

/** Shows the webhooks of the tenant: who is told of which ends of its tasks. */
export function WebhooksPage() {
  const [secret, setSecret] = useState<Secret>();
  const webhooks = useLive(PATH, (signal) => call(PATH, webhooksSchema, { signal }), REFRESH_SECONDS);
  const rotate = async (): Promise<void> => {
    setSecret(await call(`${PATH}/secret`, secretSchema, { method: 'POST' }));
    announce('There is a secret for onEnd.');
  };
  return (
    <>
      <PageHeading title="Webhooks">
        <ConfirmedAction label="Secret of onEnd" question="Make a secret for onEnd?" act={rotate}>
          <p>
            It signs what submits ask for by <code>onEnd</code>. Where there is one already, that signs beside it for a
            day.
          </p>
        </ConfirmedAction>
        <a class="button primary" href={hrefOf({ page: 'webhook-form' })}>
          Add a webhook
        </a>
      </PageHeading>
      {secret !== undefined && <SecretCard secret={secret} />}
      <LiveContent live={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There are no webhooks yet.">
              <p class="muted">A webhook is told of the ends of tasks, by a signed request to a URL of yours.</p>
              <a href={hrefOf({ page: 'webhook-form' })}>Add the first</a>
            </Empty>
          ) : (
            <TableCard
              class="webhooks"
              caption="Webhooks"
              isCaptionUnseen
              columns={COLUMNS}
              rows={items}
              keyOf={({ id }) => id}
            />
          )
        }
      </LiveContent>
    </>
  );
}

const COLUMNS: readonly Column<Webhook>[] = [
  {
    head: 'Webhook',
    cell: ({ id, name, url, paused, pauseReason }) => (
      <>
        <a href={hrefOf({ page: 'webhook', id })}>
          <bdi>{name ?? url}</bdi>
          {name !== undefined && <code>{url}</code>}
        </a>
        {paused && <PausedBadge reason={pauseReason} />}
      </>
    ),
  },
  { head: 'Of types', class: 'wide', cell: (webhook) => typesOf(webhook) },
  { head: 'When', cell: ({ statuses = ['any end'] }) => statuses.join(', ') },
  { head: 'Added', class: 'wide number', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

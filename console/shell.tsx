import type { ComponentChildren } from 'preact';
import { apiKey, signOut } from './api/session.ts';
import { BulkActionPage } from './bulk/bulk-action-page.tsx';
import { BulkActionsPage } from './bulk/bulk-actions-page.tsx';
import { hrefOf, type Route } from './model/route.ts';
import { AuditPage } from './pages/audit-page.tsx';
import { KeysPage } from './pages/keys-page.tsx';
import { LanePage } from './pages/lane-page.tsx';
import { LanesPage } from './pages/lanes-page.tsx';
import { LetterPage } from './pages/letter-page.tsx';
import { OverviewPage } from './pages/overview-page.tsx';
import { RetryPage } from './pages/retry-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';
import { SubmitPage } from './pages/submit-page.tsx';
import { TaskPage } from './pages/task-page.tsx';
import { TasksPage } from './pages/tasks-page.tsx';
import { TypePage } from './pages/type-page.tsx';
import { TypesPage } from './pages/types-page.tsx';
import { Announcement } from './parts/announcement.tsx';
import { Empty } from './parts/elements.tsx';
import { isLive } from './parts/live.ts';
import { route } from './parts/navigation.ts';
import { PageHeading } from './parts/page-heading.tsx';
import { ScheduleFormPage } from './schedules/schedule-form-page.tsx';
import { SchedulePage } from './schedules/schedule-page.tsx';
import { SchedulesPage } from './schedules/schedules-page.tsx';
import { WebhookFormPage } from './webhooks/webhook-form-page.tsx';
import { WebhookPage } from './webhooks/webhook-page.tsx';
import { WebhooksPage } from './webhooks/webhooks-page.tsx';

/** Shows the whole console: its pages for whoever is signed in, and the way in. */
export function Shell() {
  if (apiKey.value === undefined) return <SignInPage />;
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={hrefOf({ page: 'overview' })}>
          Millrace
        </a>
        <nav aria-label="Pages">
          {PLACES.map(({ label, to, pages }) => (
            <a key={label} href={hrefOf(to)} aria-current={pages.includes(route.value.page) ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="session">
          <button type="button" class="quiet live" aria-pressed={isLive.value} onClick={toggleLive}>
            Live
          </button>
          <button type="button" class="quiet" onClick={() => signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {pageOf(route.value)}
      </main>
      <Announcement />
    </>
  );
}

const PLACES: readonly { readonly label: string; readonly to: Route; readonly pages: readonly Route['page'][] }[] = [
  { label: 'Overview', to: { page: 'overview' }, pages: ['overview'] },
  { label: 'Lanes', to: { page: 'lanes' }, pages: ['lanes', 'lane', 'letter'] },
  {
    label: 'Tasks',
    to: { page: 'tasks', filter: {} },
    pages: ['tasks', 'task', 'retry', 'submit', 'bulk-actions', 'bulk-action'],
  },
  { label: 'Schedules', to: { page: 'schedules' }, pages: ['schedules', 'schedule', 'schedule-form'] },
  { label: 'Types', to: { page: 'types' }, pages: ['types', 'type'] },
  { label: 'Webhooks', to: { page: 'webhooks' }, pages: ['webhooks', 'webhook', 'webhook-form'] },
  { label: 'Keys', to: { page: 'keys' }, pages: ['keys'] },
  { label: 'Audit', to: { page: 'audit', filter: {} }, pages: ['audit'] },
];

function pageOf(at: Route): ComponentChildren {
  switch (at.page) {
    case 'overview':
      return <OverviewPage />;
    case 'lanes':
      return <LanesPage />;
    case 'lane':
      return <LanePage key={at.name} name={at.name} />;
    case 'letter':
      return <LetterPage key={at.id} lane={at.lane} id={at.id} />;
    case 'tasks':
      return <TasksPage filter={at.filter} />;
    case 'task':
      return <TaskPage key={at.id} id={at.id} />;
    case 'retry':
      return <RetryPage key={at.id} id={at.id} />;
    case 'submit':
      return <SubmitPage key={at.copyOf} type={at.type} copyOf={at.copyOf} />;
    case 'types':
      return <TypesPage />;
    case 'type':
      return <TypePage key={at.type} type={at.type} />;
    case 'schedules':
      return <SchedulesPage />;
    case 'schedule':
      return <SchedulePage key={at.id} id={at.id} />;
    case 'schedule-form':
      return <ScheduleFormPage key={at.id} id={at.id} type={at.type} />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'webhook':
      return <WebhookPage key={at.id} id={at.id} />;
    case 'webhook-form':
      return <WebhookFormPage />;
    case 'bulk-actions':
      return <BulkActionsPage />;
    case 'bulk-action':
      return <BulkActionPage key={at.id} id={at.id} />;
    case 'keys':
      return <KeysPage />;
    case 'audit':
      return <AuditPage filter={at.filter} />;
    default:
      return <NoPage />;
  }
}

const NoPage = () => (
  <>
    <PageHeading title="No such page" />
    <Empty title="The address leads nowhere.">
      <a href={hrefOf({ page: 'overview' })}>Go to the overview</a>
    </Empty>
  </>
);

const skipToMain = (): void => document.getElementById('main')?.focus();

function toggleLive(): void {
  isLive.value = !isLive.value;
}

import type { Webhook } from '../api/webhook.ts';

/** Says that a webhook is told nothing, and why. */
export const PausedBadge = ({ reason }: { reason: string | undefined }) => (
  <span class={`badge ${reason === 'gone' ? 'status-failed' : 'status-queued'}`}>
    {reason === 'gone' ? 'paused: gone' : 'paused'}
  </span>
);

/** Names the types that a webhook is told of. */
export const typesOf = ({ types }: Webhook): string =>
  types === undefined ? 'all, and of no subtasks' : types.join(', ');

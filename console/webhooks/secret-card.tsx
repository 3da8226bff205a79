import type { Secret } from '../api/webhook.ts';
import { moment, READER_ZONE, timeOf } from '../model/format.ts';
import { announce } from '../parts/announcement.tsx';

/** Shows a secret, the only time that anybody sees it. */
export function SecretCard({ secret: { secret, previousUntil } }: { secret: Secret }) {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    announce('Secret copied.');
  };
  const until = timeOf(previousUntil);
  return (
    <section class="card secret" aria-labelledby="secret">
      <h2 id="secret">Keep this secret now: it is not shown again</h2>
      <div class="secret-line">
        <code>{secret}</code>
        <button type="button" onClick={copy}>
          Copy
        </button>
      </div>
      <p class="muted small">
        Your receiver checks by it that a delivery is from here, as any library of Standard Webhooks does.
        {until !== undefined && ` Until ${moment(until)} (${READER_ZONE}) the one before signs as well.`}
      </p>
    </section>
  );
}

import type { Stretch } from '../model/attempts.ts';
import { duration, moment } from '../model/format.ts';
import type { Life } from '../model/life.ts';
import { AttemptError } from './attempt-error.tsx';

/** Shows a life as a bar in proportion, and as a list of what happened when. */
export function TimeLine({ life: { stretches, events } }: { life: Life }) {
  const start = events[0]?.at ?? 0;
  const whole = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <div class="time-line">
      <ul class="bar" aria-label="How the time was spent">
        {stretches.map((stretch, place) => (
          <li
            key={`${stretch.kind} ${place}`}
            class={stretch.kind}
            style={{ flexGrow: String(shareOf(stretch, whole)) }}
          >
            <span title={stretch.label}>{stretch.label}</span>
          </li>
        ))}
      </ul>
      <ol class="events">
        {events.map(({ label, at, tone, note, error }) => (
          <li key={label} class={tone === undefined ? '' : `status-${tone}`}>
            <strong>{label}</strong>
            {at !== undefined && (
              <span>
                <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
                {at > start && <span class="muted"> +{duration(at - start)}</span>}
              </span>
            )}
            {note !== undefined && <span class="muted">{note}</span>}
            {error !== undefined && <AttemptError of={label} error={error} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Returns a share in hundredths, at least one, so that the shortest can be seen. */
const shareOf = ({ from, to }: Stretch, whole: number): number => Math.max(1, (100 * (to - from)) / whole);

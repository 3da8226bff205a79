import { useState } from 'preact/hooks';
import type { LifeEvent, Stretch } from '../model/attempts.ts';
import { duration, moment } from '../model/format.ts';
import type { Life } from '../model/life.ts';
import { AttemptError } from './attempt-error.tsx';

/** So many events are shown at once: the first, and the latest of the others. */
const SHOWN_EVENTS = 12;

/** Shows a life as a bar in proportion, and as a list of what happened when. */
export function TimeLine({ life: { stretches, events } }: { life: Life }) {
  const [isWhole, setWhole] = useState(false);
  const [first, ...others] = events;
  const folded = isWhole ? 0 : Math.max(0, events.length - SHOWN_EVENTS);
  const start = first?.at ?? 0;
  const whole = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <div class="time-line">
      <ul class="bar" aria-label="How the time was spent" style={{ '--stretches': String(stretches.length) }}>
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
        {first !== undefined && <EventItem event={first} start={start} />}
        {folded > 0 && (
          <li>
            <button type="button" onClick={() => setWhole(true)}>
              Show {folded} earlier
            </button>
          </li>
        )}
        {others.slice(folded).map((event) => (
          <EventItem key={event.label} event={event} start={start} />
        ))}
      </ol>
    </div>
  );
}

const EventItem = ({ event: { label, at, tone, note, error }, start }: { event: LifeEvent; start: number }) => (
  <li class={tone === undefined ? '' : `status-${tone}`}>
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
);

/** Returns a share in hundredths, at least one, so that the shortest can be seen. */
const shareOf = ({ from, to }: Stretch, whole: number): number => Math.max(1, (100 * (to - from)) / whole);

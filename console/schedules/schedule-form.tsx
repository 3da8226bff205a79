import { useMemo, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type Schedule, scheduleSchema } from '../api/schedule.ts';
import { readDraft } from '../form/draft.ts';
import { Properties } from '../form/field-view.tsx';
import { isObject } from '../form/json-value.ts';
import { placeErrors } from '../form/placed-errors.ts';
import { pointersOf } from '../form/pointers.ts';
import { TIMINGS, type Timing, termsDraft, termsField } from '../form/schedule-terms.ts';
import { useSending } from '../form/sending.ts';
import { InputCard, type InputType, Messages, useInput } from '../pages/input-card.tsx';
import { announce } from '../parts/announcement.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { goTo } from '../parts/navigation.ts';

type ScheduleFormProps = {
  readonly type: InputType;
  /** The schedule that is changed; a new one is made where there is none. */
  readonly schedule?: Schedule | undefined;
};

/** Shows the form of a schedule: when it fires, how, and with what input. */
export function ScheduleForm({ type, schedule }: ScheduleFormProps) {
  const [timing, setTiming] = useState<Timing>(schedule?.rateMinutes === undefined ? 'cron' : 'rateMinutes');
  const [terms, setTerms] = useState(() => termsDraft(schedule));
  const input = useInput(type, schedule?.input);
  const sending = useSending();
  // One whose answer was lost is the same when it is sent again, until something is changed.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [terms, timing, input.draft]);
  const field = termsField(timing);
  const placed = placeErrors(sending.errors, new Set([...input.pointers, ...pointersOf(field, terms, '')]));

  const said = readDraft(field, terms, true);
  const save = async (): Promise<void> => {
    const body = { ...(isObject(said.value) ? said.value : {}), input: input.reading.value };
    const saved = await (schedule === undefined
      ? create({ type: type.type, ...body }, idempotencyKey)
      : change(schedule.id, { name: null, ...body }));
    announce(schedule === undefined ? 'The schedule is made.' : 'The schedule is changed.');
    goTo({ page: 'schedule', id: saved.id });
  };
  const wrong = [...said.errors, ...input.reading.errors];

  return (
    <form class="submit" ref={sending.form} onSubmit={(event) => sending.send(event, wrong, save)} noValidate>
      <section class="card">
        <h2>Times</h2>
        <div class="field">
          <label for="timing">Fires</label>
          <select id="timing" value={timing} onChange={(event) => setTiming(event.currentTarget.value as Timing)}>
            {Object.entries(TIMINGS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <Properties field={field} draft={terms} pointer="" errors={placed} onChange={setTerms} />
      </section>
      <InputCard input={input} errors={placed} onErrors={sending.show} />
      {sending.failure !== undefined && <FailureNotice failure={sending.failure} areFieldsMarked />}
      <Messages messages={placed.get('')} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={sending.isBusy}>
          {sending.isBusy ? 'Saving…' : schedule === undefined ? 'Make the schedule' : 'Save'}
        </button>
      </div>
    </form>
  );
}

const create = (body: object, key: string): Promise<Schedule> =>
  call('api/schedules', scheduleSchema, { method: 'POST', body, headers: { 'idempotency-key': key } });

const change = (id: string, body: object): Promise<Schedule> =>
  call(`api/schedules/${encodeURIComponent(id)}`, scheduleSchema, { method: 'PATCH', body });

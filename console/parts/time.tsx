import { fromNow, moment, timeOf } from '../model/format.ts';
import { now } from './live.ts';

/** How long ago a time of the API is, with the date and time itself where the pointer rests. */
export function Ago({ at }: { at: string }) {
  const time = timeOf(at) ?? 0;
  return (
    <time dateTime={at} title={moment(time)}>
      {fromNow(time, now.value)}
    </time>
  );
}

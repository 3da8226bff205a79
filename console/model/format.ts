const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = [
  { name: 'd', milliseconds: DAY },
  { name: 'h', milliseconds: HOUR },
  { name: 'min', milliseconds: MINUTE },
  { name: 's', milliseconds: SECOND },
] as const;

/** Writes a span of time in its two largest units, as far as they matter: `340 ms`, `1.2 s`, `3 min 20 s`, `2 d`. */
export function duration(milliseconds: number): string {
  if (milliseconds === 0) return '0 s';
  if (milliseconds < SECOND) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 10 * SECOND) return `${trimmed(milliseconds / SECOND)} s`;
  const whole = Math.round(milliseconds / SECOND) * SECOND;
  const first = UNITS.findIndex((unit) => whole >= unit.milliseconds);
  const [large, small] = UNITS.slice(first);
  if (large === undefined) return '0 s';
  const count = Math.floor(whole / large.milliseconds);
  const rest = small === undefined ? 0 : Math.floor((whole % large.milliseconds) / small.milliseconds);
  return rest === 0 ? `${count} ${large.name}` : `${count} ${large.name} ${rest} ${small?.name}`;
}

const trimmed = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** Writes how far a time is from now, in one unit: `12 s ago`, `in 5 min`, `just now`. Both in milliseconds. */
export function fromNow(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 2 * SECOND) return 'just now';
  const unit = UNITS.find(({ milliseconds }) => distance >= milliseconds) ?? UNITS[3];
  const text = `${Math.floor(distance / unit.milliseconds)} ${unit.name}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

const dateAndTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** Writes date and time as the reader's place writes them. */
export const moment = (at: number): string => dateAndTime.format(at);

/** The time zone of the reader: all times are shown in it. */
export const READER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Writes a time that is a whole minute, by the clock of a time zone; nothing where the browser does not know the zone. */
export function minuteIn(timeZone: string, at: number): string | undefined {
  try {
    return new Intl.DateTimeFormat(undefined, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone,
    }).format(at);
  } catch {
    return undefined;
  }
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** Writes the time of day alone, where there is little room. */
export const timeOfDay = (at: number): string => hourAndMinute.format(at);

const dayOf = (at: number): string => new Date(at).toDateString();
const TO_THE_MILLISECOND = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
} as const;
const preciseTime = new Intl.DateTimeFormat(undefined, TO_THE_MILLISECOND);
const preciseMoment = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', ...TO_THE_MILLISECOND });

/** Writes a time to the millisecond, with its day where that is not the present one. */
export const momentOfLine = (at: number, now: number): string =>
  (dayOf(at) === dayOf(now) ? preciseTime : preciseMoment).format(at);

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const few = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' });

export const countText = (value: number): string => numbers.format(value);

/** Writes a count where there is little room: `12.3K`. */
export const shortCount = (value: number): string => (value < 10_000 ? countText(value) : few.format(value));

/** Writes US dollars: to the cent, and what is less to two digits that say something. */
export function dollars(usd: number): string {
  if (usd === 0) return '$0';
  return usd < 0.01
    ? `$${Number(usd.toPrecision(2)).toFixed(Math.min(9, 1 - Math.floor(Math.log10(usd))))}`
    : `$${usd.toFixed(2)}`;
}

/** Writes US dollars where there is little room: less than a cent is said to be just that. */
export function shortDollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return '<$0.01';
  return usd < 10_000 ? dollars(usd) : `$${few.format(usd)}`;
}

/** Writes US dollars beside others, as on an axis: what is less than one to three digits, so that they are told apart. */
export function plotDollars(usd: number): string {
  if (usd === 0 || usd >= 1) return shortDollars(usd);
  const digits = Math.min(9, 2 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits).replace(/\.?0+$/, '')}`;
}

/** Writes how many there are: `1 task`, `2 tasks`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${countText(value)} ${value === 1 ? one : many}`;

/** Writes a time to the minute as a field takes it for the clock of the reader; nothing where it is no time. */
export function fieldTime(text: string | undefined): string {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? '' : new Date(at - new Date(at).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

/** Reads such a time, and writes it as the API takes it; nothing where the field is empty. */
export const timeOfField = (text: string): string => (text === '' ? '' : new Date(text).toISOString());

/** Returns the milliseconds of an ISO 8601 time that the API gave; `undefined` where it gave none. */
export const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

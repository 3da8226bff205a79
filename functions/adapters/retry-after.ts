/** The forms of a date in HTTP (RFC 9110, section 5.6.7): IMF-fixdate, and the obsolete ones of asctime and RFC 850. */
const DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;

/** How long a header `Retry-After` asks to wait: whole seconds or a date (RFC 9110, section 10.2.3). `undefined` for any other. */
export function retryAfterSeconds(retryAfter: string | undefined, now: number): number | undefined {
  const value = retryAfter?.replace(/^[\t ]+|[\t ]+$/g, '') ?? '';
  // However many digits it has, it asks for a wait: no number of seconds is infinite.
  if (/^\d+$/.test(value)) return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  const date = dateOf(value, now);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

function dateOf(value: string, now: number): number {
  // asctime names no zone, and means GMT.
  if (DATES.some((form) => form.test(value))) return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  const [, day, month, year, time] = RFC_850.exec(value) ?? [];
  if (year === undefined) return Number.NaN;
  // Of the years with these digits the latest that is no more than 50 ahead.
  const latest = new Date(now).getUTCFullYear() + 50;
  return Date.parse(`${day} ${month} ${latest - ((latest - Number(year)) % 100)} ${time} GMT`);
}

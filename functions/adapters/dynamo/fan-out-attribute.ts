import { compact } from '../../core/compact.ts';
import type { Again, FanOutState } from '../../core/task/task.ts';
import { type Row, s } from './requests/row.ts';

/**
 * Returns the attribute of a task that was fanned out: `<attempt>/<count>`, and behind that `/<made in>/<again>` where a retry has taken
 * subtasks over, or is to. A thousand places take 168 characters, as bits.
 */
export function fanOutAttributes({ attempt, count, madeIn, again }: FanOutState): Row {
  const taken = madeIn === undefined && again === undefined ? '' : `/${madeIn ?? ''}/${againText(again)}`;
  return { fanOut: s(`${attempt}/${count}${taken}`) };
}

/** Reads what `fanOutAttributes` made. */
export function fanOutOf(row: Row): FanOutState | undefined {
  const [attempt, count, madeIn = '', again = ''] = row.fanOut?.S?.split('/') ?? [];
  if (attempt === undefined) return undefined;
  return compact({
    attempt: Number(attempt),
    count: Number(count),
    madeIn: madeIn === '' ? undefined : Number(madeIn),
    again: again === '' ? undefined : againOf(again),
  });
}

const ALL_FAILED = '*';

function againText(again: Again | undefined): string {
  if (again === undefined) return '';
  if (again === 'failed') return ALL_FAILED;
  const bits = Buffer.alloc((Math.max(0, ...again) >> 3) + 1);
  for (const place of again) bits.writeUInt8(bits.readUInt8(place >> 3) | (1 << (place & 7)), place >> 3);
  return bits.toString('base64url');
}

function againOf(text: string): Again {
  if (text === ALL_FAILED) return 'failed';
  const bits = Buffer.from(text, 'base64url');
  return [...Array(bits.length * 8).keys()].filter((place) => (bits.readUInt8(place >> 3) >> (place & 7)) & 1);
}

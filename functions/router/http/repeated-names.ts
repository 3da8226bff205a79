import { pointerPart } from '../../core/json.ts';
import { type FieldError, MAX_LISTED, UNLISTED } from './problem.ts';

/** Counts how deep a valid JSON text nests, and the members of all its objects. It is many times as fast as walking the value. */
export function shapeOf(json: string): { readonly levels: number; readonly names: number } {
  let depth = 0;
  let levels = 0;
  let names = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[[{\]}]/g)) {
    if (token === '[' || token === '{') levels = Math.max(levels, ++depth);
    else if (token === ']' || token === '}') depth--;
    else if (token.endsWith(':')) names++;
  }
  return { levels, names };
}

/** Counts the members that are left of a JSON text when it is read: of those with one name, the last. */
function membersOf(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  let members = 0;
  if (Array.isArray(value)) for (const item of value) members += membersOf(item);
  // Of a hundred thousand members, `Object.values` takes twice as long.
  else for (const key of Object.keys(value)) members += 1 + membersOf(value[key as keyof typeof value]);
  return members;
}

/** An object or a list that has begun. */
type Frame = {
  /** The name, or the place, of the part that comes. */
  part: PropertyKey;
  partStart: number;
  /** What the members of an object are, as it is written. */
  readonly members: Map<PropertyKey, string> | undefined;
};

/**
 * Finds the members that an object has twice and with two values: a reader takes one of them, and nobody says which.
 * `names` are those that the text has. Without repetition it takes next to nothing.
 */
export function repeatedNameErrors(json: string, value: unknown, names: number): FieldError[] {
  if (names === membersOf(value)) return [];
  const errors: FieldError[] = [];
  const frames: Frame[] = [];
  for (const { 0: token, index } of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[[{\]},]/g)) {
    const frame = frames.at(-1);
    if (token === '{') frames.push({ part: '', partStart: 0, members: new Map() });
    else if (token === '[') frames.push({ part: 0, partStart: 0, members: undefined });
    else if (frame === undefined) continue;
    else if (token.endsWith(':')) {
      frame.part = JSON.parse(token.slice(0, -1));
      frame.partStart = index + token.length;
    } else if (!token.startsWith('"')) {
      if (frame.members !== undefined && frame.partStart > 0) {
        const text = json.slice(frame.partStart, index).trim();
        if ((frame.members.get(frame.part) ?? text) !== text) errors.push(errorAt(frames, errors.length));
        frame.members.set(frame.part, text);
      } else if (typeof frame.part === 'number') frame.part++;
      if (token !== ',') frames.pop();
    }
  }
  return errors;
}

function errorAt(frames: readonly Frame[], place: number): FieldError {
  if (place >= MAX_LISTED) return UNLISTED;
  const field = frames.map(({ part }) => pointerPart(part)).join('');
  return { field, message: 'is there twice, with two values: give it once' };
}

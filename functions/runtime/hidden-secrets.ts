import { parsedJson } from '../core/parsed-json.ts';

/** What is shorter is part of too many texts that are no secret. */
const SHORTEST = 8;
/** A secret may change every five minutes: of those of an old process the latest are known. */
const MOST_KNOWN = 200;
const HIDDEN = '[secret]';

/** The texts of the secrets that this process has read, as they are and as JSON has them; the longest first. */
let known: readonly string[] = [];

/** Makes a reader of secrets after which no line of the log, and nothing that a task tells of its failure, has what it has read. */
export const hidingSecrets =
  (read: (name: string) => Promise<string>) =>
  async (name: string): Promise<string> => {
    const value = await read(name);
    hide(value);
    return value;
  };

function hide(value: string): void {
  const texts = textsOf(value).filter((text) => text.length >= SHORTEST && !known.includes(text));
  if (texts.length === 0) return;
  known = [...texts, ...known].slice(0, MOST_KNOWN).sort((a, b) => b.length - a.length);
}

/** Returns what a handler may tell of a secret: the whole, and where that is JSON, each text in it. */
function textsOf(value: string): string[] {
  const parts = [value, value.trim(), ...leavesOf(parsedJson(value))];
  return [...new Set(parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]))];
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

/** Returns a text, or data, without the secrets that this process has read. */
export function withoutSecrets<T>(value: T): T {
  if (known.length === 0) return value;
  if (typeof value === 'string') return hidden(value) as T & string;
  return JSON.parse(hidden(JSON.stringify(value)));
}

const hidden = (text: string): string => known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);

import type { Node } from 'constructs';
import { type DeployConfig, resolveConfig, SETTING_NAMES } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Settings } from './millrace-props.ts';
import { describePresets, PRESETS } from './presets.ts';

/** An app of this repository is called so, unless its context says otherwise. */
const DEFAULT_NAME = 'millrace';

const PRESET_RULE = `write ${describePresets((name) => `"preset": "${name}"`)} under "context" in cdk.json`;

/** What context may say: the settings, and two older spellings of what classes have. */
const NAMES = [...SETTING_NAMES, 'shards', 'concurrency'];

/** Of short names, fewer letters may be mistyped before a word is another. */
const LONG_NAME = 8;

/** These settings are texts, whatever they look like. */
const TEXTS = ['preset', 'name', 'alarmEmail', 'alarmTopicArn', 'scheduleTenant'];

type WithContext = Pick<Node, 'getAllContext'>;

/**
 * Reads the settings of an app from its context: from `cdk.json`, and `-c name=value`. What else there is, of the CDK or of a team, is
 * left alone. Throws `ConfigError` without a preset, and for a name that looks like that of a setting.
 */
export function settingsFromContext(node: WithContext): Settings {
  const context = Object.entries(node.getAllContext() as Record<string, unknown>);
  for (const [key] of context) checkSpelling(key);
  const ours = context.filter(([key]) => NAMES.includes(key));
  const settings = Object.fromEntries(ours.map(([key, value]) => [key, settingOf(key, value)]));
  const { preset } = settings;
  if (typeof preset !== 'string' || !Object.hasOwn(PRESETS, preset)) {
    throw new ConfigError(`configuration preset is ${JSON.stringify(preset) ?? 'missing'}: ${PRESET_RULE}`);
  }
  const { shards, concurrency, classes, ...others } = settings;
  // `resolveConfig` says of each other setting what is wrong with it.
  return { ...others, classes: classesOf({ shards, concurrency, classes }) } as Settings;
}

/** Reads the whole configuration of an app from its context. Throws `ConfigError` with all that is wrong. */
export const readConfig = (node: WithContext): DeployConfig => resolveConfig(settingsFromContext(node), DEFAULT_NAME);

/** A setting that is mistyped would change nothing, and nobody would be told. */
function checkSpelling(key: string): void {
  if (NAMES.includes(key)) return;
  const meant = NAMES.find(
    (name) => distanceOf(key.toLowerCase(), name.toLowerCase()) <= (name.length < LONG_NAME ? 1 : 2),
  );
  if (meant === undefined) return;
  throw new ConfigError(
    `unknown configuration ${key}: ${meant} is meant, or if it is a key of your own it needs a name that looks less like it`,
  );
}

/** Counts the letters that have to change, go or come to make one word of the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = [...Array(other.length + 1).keys()];
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [place, another] of [...other].entries()) {
      const [above = 0, diagonal = 0] = [row[place + 1], row[place]];
      next.push(Math.min(above + 1, (next[place] ?? 0) + 1, diagonal + (letter === another ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Lays the settings of classes together, of which `shards` and `concurrency` are older spellings: `{<class>: ...}` each. */
function classesOf({ shards, concurrency, classes }: Record<'shards' | 'concurrency' | 'classes', unknown>) {
  const parts = {
    classes: byClass('classes', classes),
    concurrency: byClass('concurrency', concurrency),
    shards: byClass('shards', shards).map(([name, value]) => [name, { shards: value }] as const),
  };
  const names = new Map<string, object>();
  for (const [name, settings] of Object.values(parts).flat())
    names.set(name, { ...names.get(name), ...Object(settings) });
  return Object.fromEntries(names);
}

function byClass(key: string, value: unknown = {}): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ConfigError(
    `configuration ${key} is ${JSON.stringify(value)}: must be an object with the names of classes`,
  );
}

const LISTS = ['outboundHosts', 'corsOrigins'];

/** `-c` hands over every value as text: numbers, truths, objects as JSON, hosts and origins separated by commas. */
function settingOf(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || TEXTS.includes(key)) return value;
  if (LISTS.includes(key)) return split(value);
  if (value === 'true' || value === 'false') return value === 'true';
  if (value.startsWith('{')) return parsedObject(value);
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

function parsedObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

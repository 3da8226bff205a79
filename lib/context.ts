import type { Node } from 'constructs';
import { type DeployConfig, resolveConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Settings } from './millrace-props.ts';
import { describePresets, PRESETS } from './presets.ts';

/** An app of this repository is called so, unless its context says otherwise. */
const DEFAULT_NAME = 'millrace';

const PRESET_RULE = `write ${describePresets((name) => `"preset": "${name}"`)} under "context" in cdk.json`;

/** The CDK itself puts such context beside ours. */
const FOREIGN_CONTEXT = /^(@aws-cdk[\w-]*\/|aws:|aws-cdk:|cdk-|availability-zones:|hosted-zone:|vpc-provider:|ssm:)/;

/** These settings are texts, whatever they look like. */
const TEXTS = ['preset', 'name', 'alarmEmail', 'alarmTopicArn'];

type WithContext = Pick<Node, 'getAllContext'>;

/** Reads the settings of an app from its context: from `cdk.json`, and `-c name=value`. Throws `ConfigError` without a preset. */
export function settingsFromContext(node: WithContext): Settings {
  const context = Object.entries(node.getAllContext() as Record<string, unknown>).filter(
    ([key]) => !FOREIGN_CONTEXT.test(key),
  );
  const settings = Object.fromEntries(context.map(([key, value]) => [key, settingOf(key, value)]));
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

/** `-c` hands over every value as text: numbers, truths, objects as JSON, and hosts separated by commas. */
function settingOf(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || TEXTS.includes(key)) return value;
  if (key === 'outboundHosts') return split(value);
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

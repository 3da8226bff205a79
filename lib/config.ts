import { isIP } from 'node:net';
import { Token } from 'aws-cdk-lib';
import * as z from 'zod';
import {
  INVOCATION_MARGIN_SECONDS,
  LONGEST_INVOCATION_SECONDS,
  MIN_LANE_CONCURRENCY,
  SHARED_LANE_KINDS,
  TENANT_ID,
} from '../functions/contract.ts';
import {
  type ClassSettings,
  type DeployedClass,
  type DeployedClasses,
  deployedClassOf,
  MIN_RESERVED,
  RESOURCE_CLASS_SPECS,
  USUAL_SETTINGS,
} from '../functions/resource-classes.ts';
import { alarmThresholds, DEFAULT_THRESHOLDS } from './alarm-thresholds.ts';
import { ConfigError } from './config-error.ts';
import type { Settings } from './millrace-props.ts';
import { describePresets, PRESETS } from './presets.ts';
import { tableCapacity } from './table-capacity.ts';

/** The names of functions and queues are made of it: with the longest name of a deployment, of as many characters as Lambda takes. */
const CLASS_NAME = /^[a-z][a-z0-9-]{0,19}$/;

/** Another queue for dead letters is called after it. */
const TAKEN_CLASS_NAME = 'projector';

/** So many executors of a class have one lane with work beside the express lane. */
const MIN_UNRESERVED = 2 * MIN_LANE_CONCURRENCY;

/** Lambda leaves 100 of an account's 1,000 environments to functions that have none for themselves ("Lambda quotas"). */
const MAX_WAITERS = 850;

/** More a second take more than the vCPU that the function of bulk actions has. */
const MAX_BULK_RATE = 500;

/** An executor has 50 connections for the tasks that it claims and settles. */
const MAX_CONCURRENCY = 50;

const classSettings = z.strictObject({
  memoryMb: z.int().min(128).max(10_240),
  ephemeralStorageMb: z.int().min(512).max(10_240),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(LONGEST_INVOCATION_SECONDS - INVOCATION_MARGIN_SECONDS),
  concurrency: z.int().min(1).max(MAX_CONCURRENCY),
  reserved: z.int().min(MIN_UNRESERVED),
  lanes: z.strictObject(
    Object.fromEntries(SHARED_LANE_KINDS.map((kind) => [kind, z.int().min(2).max(1000)])) as Record<
      (typeof SHARED_LANE_KINDS)[number],
      z.ZodInt
    >,
  ),
  shards: z.int().min(1).max(16),
});

const provisioned = z.strictObject({
  min: z.int().min(1),
  max: z.int().min(1),
  utilization: z.number().min(0.1).max(0.9),
});

const PROVISIONED_RULE =
  'must be false, or {min, max, utilization}: whole numbers from 1 on, and a share from 0.1 to 0.9';

const tracing = z.strictObject({ share: z.number().min(0).max(1) });

const TRACING_RULE = 'must be true, false, or {share}: of requests, from 0 to 1';

const ALARMS_RULE = 'must be false, or thresholds (lib/alarm-thresholds.ts)';

const PRESET_RULE = `must be ${describePresets((name) => `"${name}"`)}`;

/** Some texts are known to CloudFormation alone, such as the ARN of a topic of the same app: what they are, nothing checks here. */
const textWhere = (isRight: (text: string) => boolean, rule: string) =>
  z.string().refine((text) => Token.isUnresolved(text) || isRight(text), rule);

const host = textWhere(isOutboundHost, 'must be a host name, *.a.domain, an address or *');

const origin = textWhere(
  (text) => text === '*' || URL.parse(text)?.origin === text,
  'must be an origin such as https://app.example.com, or *',
);

/** Lambda takes 4 KB of environment in all (Lambda's documentation, "Quotas"). */
const MAX_HOSTS_LENGTH = 1000;
const hosts = z
  .array(host)
  .refine((all) => all.join(',').length <= MAX_HOSTS_LENGTH, `must be at most ${MAX_HOSTS_LENGTH} characters in all`);

const TOPIC_ARN = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;

/** A task that has ended is kept for so long at most. */
export const MAX_RETENTION_DAYS = 365;

/** What can be said about a deployment, and what of it makes sense; `millrace-props.ts` says what each is for. */
const configSchema = z.strictObject({
  preset: z.enum(['dev', 'prod', 'trial'], PRESET_RULE),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be up to 31 lower-case letters, digits and hyphens'),
  outboundHosts: hosts,
  corsOrigins: z.array(origin),
  retentionDays: z.int().min(1).max(MAX_RETENTION_DAYS),
  auditRetentionDays: z.int().min(1).max(3_650),
  logRetentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365]),
  indexShards: z.int().min(1).max(64),
  tableShards: z.int().min(1).max(16),
  tableCapacity,
  taskEvents: z.boolean(),
  taskEventOutputs: z.boolean(),
  jwt: z
    .strictObject({
      issuer: textWhere((text) => URL.parse(text)?.protocol === 'https:', 'must be an https URL'),
      audience: z.array(z.string().min(1)).min(1),
      tenantClaim: z.string().min(1).default('tenant'),
      rate: z.int().min(1).optional(),
      open: z.int().min(1).optional(),
    })
    .optional(),
  throttle: z.strictObject({ rate: z.int().min(1), burst: z.int().min(1) }),
  accessLogs: z.boolean(),
  apiConcurrency: z.strictObject({ router: z.int().min(1).optional(), authorizer: z.int().min(1).optional() }),
  waiters: z.int().min(0).max(MAX_WAITERS),
  bulkRatePerSecond: z.int().min(1).max(MAX_BULK_RATE),
  scheduleTenant: textWhere((text) => TENANT_ID.test(text), 'must be up to 63 lower-case letters, digits and hyphens'),
  retainData: z.boolean(),
  deletionProtection: z.boolean(),
  classes: z.record(z.string(), classSettings),
  reservations: z.boolean(),
  provisioned: z.union([z.literal(false), provisioned], PROVISIONED_RULE),
  tracing: z.union([z.literal(false), tracing], TRACING_RULE),
  routineLogs: z.boolean(),
  alarms: z.union([z.literal(false), alarmThresholds], ALARMS_RULE),
  alarmEmail: z.email('must be an e-mail address').optional(),
  alarmTopicArn: textWhere((text) => TOPIC_ARN.test(text), 'must be the ARN of an SNS topic').optional(),
  lambdaInsights: z.boolean(),
});
export const SETTING_NAMES = Object.keys(configSchema.shape);
export type DeployConfig = Omit<z.infer<typeof configSchema>, 'classes'> & { readonly classes: DeployedClasses };

/** The rule of `functions/adapters/http/outbound-policy.ts`, whose refusal would come too late: when a function starts. */
function isOutboundHost(entry: string): boolean {
  if (entry === '*') return true;
  const isWildcard = entry.startsWith('*.');
  const text = isWildcard ? entry.slice('*.'.length) : entry;
  const name = isIP(text) === 6 ? `[${text}]` : text;
  if (/[,/:@?#*\\\s]/.test(name.replace(/^\[.*\]$/, '')) || !URL.canParse(`http://${name}`)) return false;
  return !isWildcard || isIP(new URL(`http://${name}`).hostname.replace(/^\[|\]$|\.$/g, '')) === 0;
}

/** Returns the settings of a class alone, without what follows from them. */
export const settingsOf = ({
  functionTimeoutSeconds: _,
  concurrencyPerInvocation: _messages,
  threads: _threads,
  ...settings
}: DeployedClass): ClassSettings => settings;

/** Returns what classes begin with: the standard ones as they are, and each of a team's own as `default` is. */
const classDefaults = (given: unknown, isReserved: boolean): Record<string, ClassSettings> => {
  const own = Object.keys(isRecord(given) ? given : {}).map((name) => [name, USUAL_SETTINGS] as const);
  const standard = Object.entries(RESOURCE_CLASS_SPECS).map(([name, spec]) => [name, settingsOf(spec)] as const);
  const limits = isReserved ? {} : UNRESERVED;
  return Object.fromEntries([...own, ...standard].map(([name, settings]) => [name, { ...settings, ...limits }]));
};

/** What a class begins with where nothing is reserved for it: each of its lanes has two executors, and one alone has no more. */
const UNRESERVED = { reserved: MIN_UNRESERVED, lanes: { high: 2, normal: 2, low: 2, batch: 2 } };

/** A sentence shows no more characters of a wrong value than this. */
const MAX_SHOWN_LENGTH = 200;

/** Lays settings over the defaults of their preset. Throws `ConfigError` with all that is wrong. */
export function resolveConfig(settings: Settings, defaultName: string): DeployConfig {
  const named = z.object({ preset: configSchema.shape.preset }).safeParse(settings, { reportInput: true });
  if (!named.success) throw new ConfigError(describeIssues(named.error.issues, settings));
  const preset = PRESETS[named.data.preset];
  const classDefault = classDefaults(settings.classes, settings.reservations ?? preset.reservations);
  // Whoever asks for alarms that the preset has not asks for the usual ones.
  const alarms = isRecord(settings.alarms) ? DEFAULT_THRESHOLDS : preset.alarms;
  // `true` asks for what the preset has.
  const given = { ...settings, tracing: settings.tracing === true ? undefined : settings.tracing };
  const whole = mergeDefaults({ name: defaultName, classes: classDefault, ...preset, alarms }, given);
  const parsed = configSchema.safeParse(whole, { reportInput: true });
  if (!parsed.success) throw new ConfigError(describeIssues(parsed.error.issues, whole));
  if (parsed.data.taskEventOutputs && !parsed.data.taskEvents) {
    throw new ConfigError('configuration taskEventOutputs is true: must be false without taskEvents');
  }
  const classes = mapValues(parsed.data.classes, deployedClassOf);
  for (const [name, one] of Object.entries(classes)) {
    checkClassName(name);
    if (parsed.data.reservations) checkConcurrency(name, one);
  }
  return { ...parsed.data, classes };
}

/**
 * Returns the configuration with only those classes that some type of task asks for: no other is made. Throws `ConfigError` where
 * they do not fit together.
 */
export function deployedBy(config: DeployConfig, types: readonly { readonly resources: string }[]): DeployConfig {
  const used = new Set(types.map(({ resources }) => resources));
  const classes = Object.fromEntries(Object.entries(config.classes).filter(([name]) => used.has(name)));
  const deployed = { ...config, classes };
  checkProvisioned(deployed);
  checkShards(deployed);
  return deployed;
}

const mapValues = <From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

/** Puts what is given in place of the default, part by part: whoever names one class leaves the others as they are. */
function mergeDefaults(base: unknown, given: unknown): unknown {
  if (!isRecord(base) || !isRecord(given)) return given;
  return {
    ...base,
    ...Object.fromEntries(
      Object.entries(given).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, mergeDefaults(base[key], value)]],
      ),
    ),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkClassName(name: string): void {
  if (CLASS_NAME.test(name) && name !== TAKEN_CLASS_NAME) return;
  throw new ConfigError(
    `a class cannot be called ${name}: its name must be up to 20 lower-case letters, digits and hyphens, and not ${TAKEN_CLASS_NAME}`,
  );
}

/**
 * An event source asks for as many executors as it may, whatever Lambda reserves; each one that Lambda then refuses
 * costs a message one of its five deliveries, and in the end the task its life.
 */
function checkConcurrency(name: string, { reserved, lanes }: DeployedClass): void {
  if (reserved < MIN_RESERVED) {
    throw new ConfigError(`configuration classes.${name}.reserved is ${reserved}: must be at least ${MIN_RESERVED}`);
  }
  const sum = Object.values(lanes).reduce((total, lane) => total + lane, 0);
  if (reserved >= sum) return;
  throw new ConfigError(
    `classes.${name}.reserved is ${reserved}, but its lanes may ask for ${sum} together: ` +
      `raise it to ${sum} or lower the lanes, or messages will be throttled into the dead-letter queue`,
  );
}

/** Lambda refuses to provision more environments of a function than are reserved for it. */
function checkProvisioned({ provisioned, classes, apiConcurrency }: DeployConfig): void {
  if (provisioned === false) return;
  const { min, max } = provisioned;
  if (min > max) throw new ConfigError(`provisioned.min is ${min}, which is more than provisioned.max ${max}`);
  const ofClasses = Object.entries(classes).map(
    ([name, { reserved }]) => [`classes.${name}.reserved`, reserved] as const,
  );
  for (const [name, reserved = max] of [...ofClasses, ['apiConcurrency.router', apiConcurrency.router] as const]) {
    if (reserved >= max) continue;
    throw new ConfigError(`provisioned.max is ${max}, but ${name} is ${reserved}: lower the one or raise the other`);
  }
}

/** All classes together have no more shards: each has 23 resources, and CloudFormation takes 500 a stack ("CloudFormation quotas"). */
const MAX_SHARDS = 16;

function checkShards({ classes }: DeployConfig): void {
  const sum = Object.values(classes).reduce((total, { shards }) => total + shards, 0);
  if (sum <= MAX_SHARDS) return;
  const named = Object.entries(classes).map(([name, { shards }]) => `${name} ${shards}`);
  throw new ConfigError(
    `shards are ${sum} in all (${named.join(', ')}), which is more than CloudFormation has room for in a stack: lower them to ${MAX_SHARDS} together`,
  );
}

const shown = (input: unknown): string => {
  const text = JSON.stringify(input) ?? 'missing';
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
};

function describeIssues(issues: readonly z.core.$ZodIssue[], whole: unknown): string {
  return issues
    .map((issue) => {
      const path = issue.path.join('.');
      if (issue.code !== 'unrecognized_keys') {
        return `configuration ${path} is ${shown(issue.input)}: ${issue.message}`;
      }
      const part = issue.path.reduce((value, key) => (value as Record<PropertyKey, unknown>)[key], whole);
      const known = Object.keys(part as object).filter((key) => !issue.keys.includes(key));
      const unknown = issue.keys.map((key) => [...issue.path, key].join('.'));
      return `unknown configuration ${unknown.join(', ')}; there is: ${known.join(', ')}`;
    })
    .join('\n');
}

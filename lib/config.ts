import { isIP } from 'node:net';
import type { Node } from 'constructs';
import * as z from 'zod';
import { MIN_RESERVED, RESOURCE_CLASSES, type ResourceClass, SHARED_LANE_KINDS } from '../functions/contract.ts';
import { alarmThresholds, DEFAULT_THRESHOLDS } from './alarm-thresholds.ts';

/** A mistake in the configuration, in one sentence that names the value. */
export class ConfigError extends Error {}

const concurrency = z.strictObject({
  /**
   * Executors that the lanes with work share, the express lane among them. Lambda reserves two more for each lane but one, and
   * so many may run for a minute or two after idle lanes wake (docs/decisions/idle-lanes-keep-two.md).
   */
  reserved: z.int().min(MIN_RESERVED),
  /** `MaximumConcurrency` of each lane's event source; SQS takes no less than 2. */
  lanes: z.record(z.enum(SHARED_LANE_KINDS), z.int().min(2).max(1000)),
});

const provisioned = z.strictObject({
  min: z.int().min(1),
  max: z.int().min(1),
  /** The share of them in use at which their number stays as it is (Application Auto Scaling takes 0.1 to 0.9). */
  utilization: z.number().min(0.1).max(0.9),
});

const PROVISIONED_RULE =
  'must be false, or {min, max, utilization}: whole numbers from 1 on, and a share from 0.1 to 0.9';

const PRESET_RULE =
  'write "preset": "prod" (data outlives its stack, and tasks call only hosts that are named) or "preset": "dev" ' +
  '(neither of it) under "context" in cdk.json';

const host = z.string().refine(isOutboundHost, 'must be a host name, *.a.domain, an address or *');

/** Lambda takes 4 KB of environment in all (Lambda's documentation, "Quotas"). */
const MAX_HOSTS_LENGTH = 1000;
const hosts = z
  .array(host)
  .refine((all) => all.join(',').length <= MAX_HOSTS_LENGTH, `must be at most ${MAX_HOSTS_LENGTH} characters in all`);

const TOPIC_ARN = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;

/** What can be said about a deployment: in `cdk.json` under `context`, or by `cdk deploy -c name=value`. */
const configSchema = z.strictObject({
  preset: z.enum(['dev', 'prod'], PRESET_RULE),
  /** Prefix of every stack, function and queue: two names are two deployments in one account. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be up to 31 lower-case letters, digits and hyphens'),
  /** Hosts that tasks may call: `*` is every public one; a private address has to be named itself. */
  outboundHosts: z.preprocess((value) => (typeof value === 'string' ? split(value) : value), hosts),
  /** How long a finished task can be read. */
  retentionDays: z.preprocess(fromText, z.int().min(1).max(365)),
  logRetentionDays: z.preprocess(fromText, z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365])),
  /**
   * Partitions of each index key. One takes 1,000 write units a second (DynamoDB's documentation), and a task needs two of
   * those of its tenant's open tasks: at its submit and at its end. May only grow.
   */
  indexShards: z.preprocess(fromText, z.int().min(1).max(64)),
  /** Tables that the tasks are spread over. May only grow: a task's id names its table. */
  tableShards: z.preprocess(fromText, z.int().min(1).max(16)),
  /** Executor functions, each with lanes of its own, that share the tasks of a class. */
  shards: z.record(z.enum(RESOURCE_CLASSES), z.int().min(1).max(16)),
  /**
   * Whether the event bus is told what happens to tasks; EventBridge takes $1 for a million events, so $3 for a million
   * tasks: a third of all the rest.
   */
  taskEvents: z.preprocess(fromText, z.boolean()),
  /** Callers come with tokens of this issuer instead of our keys. */
  jwt: z
    .strictObject({
      issuer: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
      audience: z.array(z.string().min(1)).min(1),
      /** The claim that names the tenant. */
      tenantClaim: z.string().min(1).default('tenant'),
      /** What each tenant may submit: tasks a second, and tasks that have not ended. Keys have limits of their own. */
      rate: z.int().min(1).optional(),
      open: z.int().min(1).optional(),
    })
    .optional(),
  /** Requests a second that the API takes, and at one moment: API Gateway refuses what is more with 429. */
  throttle: z.strictObject({ rate: z.int().min(1), burst: z.int().min(1) }),
  /** A line for each request in a log group of its own, also of those that no function saw. */
  accessLogs: z.preprocess(fromText, z.boolean()),
  /** Environments that are reserved for what answers the API, which are also the most that it may take. */
  apiConcurrency: z.strictObject({ router: z.int().min(1).optional(), authorizer: z.int().min(1).optional() }),
  /** Whether tables and payloads outlive their stack. What a creation that failed has made goes with it all the same. */
  retainData: z.preprocess(fromText, z.boolean()),
  /** Whether tables refuse to be deleted. A first deploy that fails leaves such tables behind (docs/deployments.md). */
  deletionProtection: z.preprocess(fromText, z.boolean()),
  concurrency: z.record(z.enum(RESOURCE_CLASSES), concurrency),
  /**
   * Environments of the router and of each executor that Lambda keeps initialized, by target tracking; or none. Three of each
   * are nine tenths of what a deployment costs while nothing happens (docs/costs.md).
   */
  provisioned: z.preprocess(fromText, z.union([z.literal(false), provisioned], PROVISIONED_RULE)),
  /**
   * Whether X-Ray follows requests and tasks: of each traced function the first request of a second and 5 % of the others
   * (Lambda's documentation, "X-Ray"), at $5 for a million traces: nearly as much as all the rest where tasks come one by one.
   */
  tracing: z.preprocess(fromText, z.boolean()),
  /** Whether the log has a line of each request, attempt and batch that went well, about 0.5 KB for a task. */
  routineLogs: z.preprocess(fromText, z.boolean()),
  /** From these values on the alarms call. */
  alarms: alarmThresholds,
  /** Who is told of alarms by mail, once they have confirmed the subscription; and a topic of SNS that is told. */
  alarmEmail: z.email('must be an e-mail address').optional(),
  alarmTopicArn: z.string().regex(TOPIC_ARN, 'must be the ARN of an SNS topic').optional(),
  /** Lambda Insights: eight metrics of each function, at $2.40 a month or more, and 1 KB of log for each invocation. */
  lambdaInsights: z.preprocess(fromText, z.boolean()),
});
export type DeployConfig = z.infer<typeof configSchema>;

/** `-c` hands over every value as text. */
function fromText(value: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** An object that `-c` hands over is JSON. */
function parsedObject(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** The rule of `functions/adapters/http/outbound-policy.ts`, whose refusal would come too late: when a function starts. */
function isOutboundHost(entry: string): boolean {
  if (entry === '*') return true;
  const isWildcard = entry.startsWith('*.');
  const text = isWildcard ? entry.slice('*.'.length) : entry;
  const name = isIP(text) === 6 ? `[${text}]` : text;
  if (/[,/:@?#*\\\s]/.test(name.replace(/^\[.*\]$/, '')) || !URL.canParse(`http://${name}`)) return false;
  return !isWildcard || isIP(new URL(`http://${name}`).hostname.replace(/^\[|\]$|\.$/g, '')) === 0;
}

/** A class has ten executors unless the configuration asks for more, and its lanes share them so. */
const TEN = { reserved: 10, lanes: { high: 4, normal: 2, low: 2, batch: 2 } };

function byClass<T>(value: T): Record<ResourceClass, T> {
  return Object.fromEntries(RESOURCE_CLASSES.map((name) => [name, value])) as Record<ResourceClass, T>;
}

const common = {
  name: 'millrace',
  retentionDays: 14,
  tableShards: 1,
  shards: byClass(1),
  taskEvents: true,
  tracing: true,
  concurrency: byClass(TEN),
  alarms: DEFAULT_THRESHOLDS,
  lambdaInsights: false,
  throttle: { rate: 1000, burst: 1000 },
  apiConcurrency: {},
};

const PRESETS = {
  dev: {
    ...common,
    outboundHosts: ['*'],
    logRetentionDays: 7,
    indexShards: 1,
    retainData: false,
    deletionProtection: false,
    provisioned: false,
    accessLogs: false,
    routineLogs: true,
  },
  prod: {
    ...common,
    outboundHosts: [],
    logRetentionDays: 30,
    indexShards: 8,
    retainData: true,
    deletionProtection: true,
    provisioned: { min: 3, max: 10, utilization: 0.7 },
    accessLogs: true,
    routineLogs: false,
  },
} as const;

/** A sentence shows no more characters of a wrong value than this. */
const MAX_SHOWN_LENGTH = 200;

/** The CDK itself puts such context beside ours. */
const FOREIGN_CONTEXT = /^(@aws-cdk[\w-]*\/|aws:|aws-cdk:|cdk-|availability-zones:|hosted-zone:|vpc-provider:|ssm:)/;

/** Reads the context of the app over the defaults of its preset. Throws `ConfigError` with all that is wrong. */
export function readConfig(node: Pick<Node, 'getAllContext'>): DeployConfig {
  const context = Object.entries(node.getAllContext() as Record<string, unknown>).filter(
    ([key]) => !FOREIGN_CONTEXT.test(key),
  );
  const given = Object.fromEntries(context.map(([key, value]) => [key, parsedObject(value)]));
  const named = z.object({ preset: configSchema.shape.preset }).safeParse(given, { reportInput: true });
  if (!named.success) throw new ConfigError(describeIssues(named.error.issues, given));
  const whole = mergeDefaults(PRESETS[named.data.preset], given);
  const parsed = configSchema.safeParse(whole, { reportInput: true });
  if (!parsed.success) throw new ConfigError(describeIssues(parsed.error.issues, whole));
  for (const resourceClass of RESOURCE_CLASSES) checkConcurrency(resourceClass, parsed.data);
  checkProvisioned(parsed.data);
  checkShards(parsed.data);
  return parsed.data;
}

/** Puts what is given in place of the default, part by part: whoever names one class leaves the others as they are. */
function mergeDefaults(base: unknown, given: unknown): unknown {
  if (!isRecord(base) || !isRecord(given)) return given;
  return {
    ...base,
    ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, mergeDefaults(base[key], value)])),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * An event source asks for as many executors as it may, whatever Lambda reserves; each one that Lambda then refuses
 * costs a message one of its five deliveries, and in the end the task its life.
 */
function checkConcurrency(resourceClass: ResourceClass, { concurrency }: DeployConfig): void {
  const { reserved, lanes } = concurrency[resourceClass];
  const sum = Object.values(lanes).reduce((total, lane) => total + lane, 0);
  if (reserved >= sum) return;
  throw new ConfigError(
    `concurrency.${resourceClass}.reserved is ${reserved}, but its lanes may ask for ${sum} together: ` +
      `raise it to ${sum} or lower the lanes, or messages will be throttled into the dead-letter queue`,
  );
}

/** Lambda refuses to provision more environments of a function than are reserved for it. */
function checkProvisioned({ provisioned, concurrency, apiConcurrency }: DeployConfig): void {
  if (provisioned === false) return;
  const { min, max } = provisioned;
  if (min > max) throw new ConfigError(`provisioned.min is ${min}, which is more than provisioned.max ${max}`);
  const ofClasses = RESOURCE_CLASSES.map(
    (name) => [`concurrency.${name}.reserved`, concurrency[name].reserved] as const,
  );
  for (const [name, reserved = max] of [...ofClasses, ['apiConcurrency.router', apiConcurrency.router] as const]) {
    if (reserved >= max) continue;
    throw new ConfigError(`provisioned.max is ${max}, but ${name} is ${reserved}: lower the one or raise the other`);
  }
}

/** All classes together have no more shards: each has 23 resources, and CloudFormation takes 500 a stack ("CloudFormation quotas"). */
const MAX_SHARDS = 16;

function checkShards({ shards }: DeployConfig): void {
  const sum = Object.values(shards).reduce((total, number) => total + number, 0);
  if (sum <= MAX_SHARDS) return;
  const named = RESOURCE_CLASSES.map((name) => `${name} ${shards[name]}`).join(', ');
  throw new ConfigError(
    `shards are ${sum} in all (${named}), which is more than CloudFormation has room for in a stack: lower them to ${MAX_SHARDS} together`,
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

import { fullDiff, type ResourceDifference, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { synthesize } from './synthesis.ts';

/** These hold data or messages, poll for them, or are known to others by their address. */
const HOLDING = [
  'AWS::DynamoDB::GlobalTable',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Alias',
  'AWS::Events::EventBus',
  'AWS::ApiGatewayV2::Api',
];
const GONE = [
  ResourceImpact.WILL_REPLACE,
  ResourceImpact.MAY_REPLACE,
  ResourceImpact.WILL_DESTROY,
  ResourceImpact.WILL_ORPHAN,
];

/** A team goes through these stages in any order. */
const LIFE = {
  'to try': await synthesize('dev'),
  production: await synthesize('prod'),
  'without provisioned environments': await synthesize('prod', { context: { provisioned: false } }),
  'with tokens': await synthesize('prod', { context: { jwt: { issuer: 'https://id.example.com/', audience: ['m'] } } }),
  'without events': await synthesize('prod', { context: { taskEvents: false } }),
  'with outputs in events': await synthesize('prod', { context: { taskEventOutputs: true } }),
  'without traces': await synthesize('prod', { context: { tracing: 'false' } }),
  'with provisioned tables': await synthesize('prod', {
    context: { tableCapacity: { provisioned: { minWrites: 20, maxWrites: 800, minReads: 5, maxReads: 200 } } },
  }),
  'with more executor shards': await synthesize('prod', { context: { shards: { default: 2 } } }),
  'with more table shards': await synthesize('prod', { context: { tableShards: 2 } }),
  'with more index shards': await synthesize('prod', { context: { indexShards: 16 } }),
};
type Stage = keyof typeof LIFE;
const STAGES = Object.keys(LIFE) as Stage[];

/** The way from one stage to any other takes these away, by the ids of the template, each with why that is as it should be. */
const TAKEN_AWAY: Partial<Record<Stage | `to: ${Stage}`, { readonly ids: RegExp; readonly reason: string }>> = {
  'with more executor shards': {
    ids: /^default(Lane1|Executor1)/,
    reason: 'shards may only grow: the lanes of a shard that is taken away hold tasks',
  },
  'with more table shards': {
    ids: /^(Tasks1|Projector(Events)?DynamoDBEventSource\w*Tasks1)/,
    reason:
      'tableShards may only grow: CloudFormation refuses it, for the execution stack imports the name of the table',
  },
  'to: without events': {
    ids: /^ProjectorEventsDynamoDBEventSource/,
    reason: 'nobody reads a stream to tell of what nobody is to be told; the counts have a reader of their own',
  },
};

const PAIRS = STAGES.flatMap((from) => STAGES.filter((to) => to !== from).map((to) => [from, to] as const));
const templatesOf = (stage: Stage): [string, Template][] => [...LIFE[stage].templates];
const templateOf = (stage: Stage, stack: string) => LIFE[stage].templates.get(stack)?.toJSON() ?? {};

/** Returns the resources of some types that a deploy replaces or takes away. */
function taken(from: Stage, to: Stage, types: readonly string[]): string[] {
  return templatesOf(from).flatMap(([stack, before]) => {
    const { resources } = fullDiff(before.toJSON(), templateOf(to, stack));
    const isTaken = ({ changeImpact, resourceType }: ResourceDifference) =>
      types.includes(resourceType ?? '') && GONE.includes(changeImpact);
    return Object.entries(resources.changes).flatMap(([id, change]) => (isTaken(change) ? [id] : []));
  });
}

/** Returns the exports of a stage by their names, with the text of their values. */
function exportsOf(stage: Stage): Map<string, string> {
  const outputs = templatesOf(stage).flatMap(([, template]) => Object.values(template.findOutputs('*')));
  return new Map(
    outputs.flatMap(({ Export, Value }) => (Export ? [[Export.Name, JSON.stringify(Value)] as const] : [])),
  );
}

const importsOf = (stage: Stage): string[] =>
  templatesOf(stage).flatMap(([, template]) =>
    [...JSON.stringify(template.toJSON()).matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(([, name = '']) => name),
  );

/** Returns the resources of a stage that have a name of ours, by type and name. */
function named(stage: Stage): Map<string, string> {
  const all = templatesOf(stage).flatMap(([, template]) => Object.entries(template.toJSON().Resources));
  return new Map(
    all.flatMap(([id, resource]) => {
      const { Type, Properties = {} } = resource as { Type: string; Properties?: Record<string, unknown> };
      const names = ['FunctionName', 'QueueName', 'LogGroupName', 'AlarmName', 'DashboardName', 'PolicyName'];
      const name = Type === 'AWS::Lambda::Alias' ? undefined : names.map((key) => Properties[key]).find(Boolean);
      return typeof name === 'string' ? [[`${Type} ${name}`, id] as const] : [];
    }),
  );
}

const exceptionsOf = (from: Stage, to: Stage) => [TAKEN_AWAY[from], TAKEN_AWAY[`to: ${to}`]].filter((one) => !!one);

describe.each(PAIRS)('a deployment that was %s, now %s', (from, to) => {
  test('keeps what holds data, what holds and polls queues, and its addresses', () => {
    const isException = (id: string) => exceptionsOf(from, to).some(({ ids }) => ids.test(id));
    expect(taken(from, to, HOLDING).filter((id) => !isException(id))).toEqual([]);
  });

  test('exports all that is in use, unchanged', () => {
    const before = exportsOf(from);
    const after = exportsOf(to);
    const broken = importsOf(from).filter((name) => before.get(name) !== after.get(name));
    const isException = (name: string) => from === 'with more table shards' && /Tasks1/.test(name);
    expect(broken.filter((name) => !isException(name))).toEqual([]);
  });

  test('makes nothing anew under a name that is taken', () => {
    const before = named(from);
    const after = named(to);
    expect([...after].filter(([name, id]) => (before.get(name) ?? id) !== id)).toEqual([]);
    const types = [
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
    ];
    const replaced = templatesOf(from).flatMap(([stack, template]) => {
      const changes = Object.entries(fullDiff(template.toJSON(), templateOf(to, stack)).resources.changes);
      return changes.flatMap(([id, { changeImpact, resourceType }]) =>
        types.includes(resourceType ?? '') && changeImpact === ResourceImpact.WILL_REPLACE ? [id] : [],
      );
    });
    expect(replaced).toEqual([]);
  });
});

test('each exception is one', () => {
  for (const [stage, exception] of Object.entries(TAKEN_AWAY)) {
    const [from, to] = stage.startsWith('to: ') ? ['production', stage.slice('to: '.length)] : [stage, 'production'];
    expect(taken(from as Stage, to as Stage, HOLDING), stage).not.toEqual([]);
    expect(exception.reason).not.toBe('');
  }
});

test('table shards that are taken away are refused by CloudFormation before anything is changed', () => {
  const after = exportsOf('production');
  expect(importsOf('with more table shards').filter((name) => !after.has(name))).not.toEqual([]);
});

test.each(STAGES)('a synth %s says what may only grow', (stage) => {
  const { assembly, config } = LIFE[stage];
  const told = assembly.stacks.flatMap(({ messages }) =>
    messages.flatMap(({ level, entry }) => (level === 'info' ? [String(entry.data)] : [])),
  );
  const shards = config.classes.default?.shards ?? 1;
  const grown = [
    ...(config.tableShards > 1 ? [`tableShards is ${config.tableShards} and may only grow`] : []),
    ...(config.indexShards > 1 ? [`indexShards is ${config.indexShards} and may only grow`] : []),
    ...(shards > 1 ? [`classes.default.shards is ${shards} and may only grow`] : []),
  ];
  expect(told.map((sentence) => sentence.split(':')[0])).toEqual(grown);
});

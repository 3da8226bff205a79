import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../../cdk.json' with { type: 'json' };
import { readConfig, settingsFromContext } from '../../lib/context.ts';
import { Millrace } from '../../lib/millrace.ts';

type Fields = ReturnType<Template['findResources']>[string];
export type Resource = Fields & { readonly id: string; readonly stack: string };

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
};

type Synthesis = Awaited<ReturnType<typeof synthesizeAnew>>;
const syntheses = new Map<string, Promise<Synthesis>>();

export type SynthesisOptions = {
  readonly context?: Record<string, unknown>;
  /** Lets the CDK check the templates against CloudFormation's rules, which takes seconds. */
  readonly validation?: boolean;
};

/** Makes the templates of a whole deployment as `cdk deploy` would send them, once for all who ask. */
export function synthesize(preset: 'dev' | 'prod' | 'trial', options: SynthesisOptions = {}): Promise<Synthesis> {
  const key = JSON.stringify([preset, options]);
  const synthesis = syntheses.get(key) ?? synthesizeAnew(preset, options, `test-${syntheses.size}`);
  syntheses.set(key, synthesis);
  return synthesis;
}

async function synthesizeAnew(
  preset: 'dev' | 'prod' | 'trial',
  { context = {}, validation = false }: SynthesisOptions,
  directory: string,
) {
  const outdir = join(import.meta.dirname, '../../cdk.out', directory);
  process.env.CDK_VALIDATION = String(validation);
  const app = new App({ outdir, context: { ...cdk.context, ...context, preset } });
  const config = readConfig(app.node);
  new Millrace(app, 'Millrace', { ...settingsFromContext(app.node), tasks: 'tasks' });
  const assembly = app.synth();
  const templates = new Map(
    assembly.stacksRecursively.map(({ stackName, template }) => [stackName, Template.fromJSON(template)]),
  );

  const all = (type: string): Resource[] =>
    [...templates].flatMap(([stack, template]) =>
      Object.entries(template.findResources(type)).map(([id, fields]) => ({ ...fields, id, stack })),
    );

  const exported = (name: string): string => {
    for (const [stack, template] of templates) {
      const found = Object.values(template.findOutputs('*')).find(({ Export }) => Export?.Name === name);
      if (found !== undefined) return text(found.Value, stack);
    }
    throw new Error(`no stack exports ${name}`);
  };

  /** Returns a value as it would be once deployed. What only AWS can name is named by its construct: `Tasks`, `Tasks.Arn`. */
  const text = (value: unknown, stack: string): string => {
    if (typeof value === 'string') return value;
    const [[kind, argument] = []] = Object.entries(value as object);
    if (kind === 'Ref') return PSEUDO_PARAMETERS[argument] ?? nameOf(argument, stack);
    if (kind === 'Fn::Join') return argument[1].map((part: unknown) => text(part, stack)).join(argument[0]);
    if (kind === 'Fn::ImportValue') return exported(argument);
    if (kind === 'Fn::GetAtt') return attributeOf(argument, stack);
    if (kind === 'Fn::Select') return list(argument[1], stack)[argument[0]] ?? '';
    throw new Error(`no text for ${JSON.stringify(value)}`);
  };

  const list = (value: object, stack: string): string[] => {
    const [[kind, argument] = []] = Object.entries(value);
    if (kind === 'Fn::Split') return text(argument[1], stack).split(argument[0]);
    throw new Error(`no list for ${JSON.stringify(value)}`);
  };

  const resource = (id: string, stack: string): Fields => {
    const found = templates.get(stack)?.toJSON().Resources[id];
    if (found === undefined) throw new Error(`${stack} has no ${id}`);
    return found;
  };

  const nameOf = (id: string, stack: string): string => {
    const { QueueName, FunctionName, Name } = resource(id, stack).Properties;
    if (resource(id, stack).Type === 'AWS::Lambda::Alias') {
      return aliasArn(`${text(FunctionName, stack)}:${Name}`);
    }
    return QueueName ?? FunctionName ?? id.replace(/[0-9A-F]{8}$/, '');
  };

  const attributeOf = ([id, attribute]: [string, string], stack: string): string =>
    resource(id, stack).Type === 'AWS::SQS::Queue' && attribute === 'Arn'
      ? queueArn(nameOf(id, stack))
      : `${nameOf(id, stack)}.${attribute}`;

  return { preset, config, app, assembly, templates, all, text };
}

/** Returns the alias of a function, as whoever calls it names it. */
export const aliasArn = (name: string): string => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;

export const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;

import { Annotations, Stack, Stage } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { CfnAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { splitClasses } from './class-attachments.ts';
import { type DeployConfig, deployedBy, resolveConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { ExecutorPool } from './constructs/executor-pool.ts';
import { defaultNameOf } from './default-name.ts';
import { tellWhatWaits } from './deployed-types.ts';
import { recordDeployment } from './deployment-record.ts';
import type { MillraceProps } from './millrace-props.ts';
import { onlyGrowing } from './only-growing.ts';
import { limitResources } from './resource-limit.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ExecutionStack } from './stacks/execution-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';
import { discoverTasks } from './task-discovery.ts';

/** The tables of a deployment. Their rows are Millrace's own: what it says of tasks, it says by its API and events. */
export type MillraceTables = {
  /** The tables of tasks, by shard. */
  readonly tasks: readonly TableV2[];
  readonly definitions: TableV2;
  readonly control: TableV2;
  readonly access: TableV2;
  readonly statistics: TableV2;
  readonly history: TableV2;
  readonly schedules: TableV2;
  readonly webhooks: TableV2;
  readonly signingSecrets: TableV2;
};

/** The scope of a construct, and its id there. */
type Place = readonly [Construct, string];
type Parts = { readonly of: (part: string, description: string) => Place; readonly stacks: readonly Stack[] };

/**
 * Runs tasks. In a `Stack` all of it is in that stack; in an `App` or `Stage` it makes four stacks beside itself, of data,
 * execution, API and operations, so that each can be looked at, and rolled back, alone.
 *
 *     const tasks = new Millrace(stack, 'Tasks', { preset: 'prod', ... });
 *     table.grantReadWriteData(tasks.executor('default'));
 */
export class Millrace extends Construct {
  /** The name of the deployment, which all its names begin with. */
  readonly name: string;
  readonly api: {
    /** The HTTPS URL without a slash at its end: `${url}/api/tasks`. */
    readonly url: string;
    readonly id: string;
  };
  /** The bus that is told what happens to tasks, unless `taskEvents` is false. */
  readonly events: EventBus;
  readonly tables: MillraceTables;
  readonly alarms: readonly Alarm[];
  /** The stacks that it has made: four in an `App` or `Stage`, none in a `Stack`. Tags for them go here. */
  readonly stacks: readonly Stack[];
  readonly #pools: ReadonlyMap<string, ExecutorPool>;

  /** Throws `ConfigError`, with a sentence for each prop that is wrong, or for each task type that could not run. */
  constructor(
    scope: Construct,
    id: string,
    { tasks: folder, nativePackages = [], env, classes, ...others }: MillraceProps,
  ) {
    super(scope, id);
    const { settings, attachments } = splitClasses(classes);
    const whole = resolveConfig({ ...others, classes: settings }, defaultNameOf(this));
    const tasks = discoverTasks(folder, { classes: whole.classes, nativePackages });
    const config = deployedBy(whole, tasks.definitions);
    recordDeployment(this, {
      settings: { ...others, name: config.name, classes: settings },
      tasks: folder,
      nativePackages,
    });
    const parts = this.#partsOf(config, env);
    const data = new DataStack(...parts.of('data', 'tables, payloads and events'), config, tasks.definitions);
    // A synth tells what is said of constructs within stacks. In an app this one is in none.
    tellWhatWaits(data, config.name, tasks.definitions);
    for (const name of Object.keys(settings)) {
      if (config.classes[name] !== undefined) continue;
      const sentence = `no type of task asks for the class ${name}, so it is not made`;
      Annotations.of(data).addWarningV2(`millrace:unusedClass-${name}`, sentence);
    }
    const execution = new ExecutionStack(...parts.of('execution', 'lanes and executors'), {
      config,
      data,
      tasks,
      attachments,
    });
    const api = new ApiStack(...parts.of('api', 'the HTTPS API'), { config, data, tasks });
    const { alarms } = new OperationsStack(...parts.of('operations', 'dashboard, alarms and queries'), {
      config,
      data,
      definitions: tasks.definitions,
      apiId: api.apiId,
    });
    orderDeployment(execution, api);
    tellOnlyGrowing(config, data, execution);
    this.name = config.name;
    this.api = { url: api.url, id: api.apiId };
    this.events = data.eventBus;
    const { tasks: taskTables, definitions, control, access, statistics, history } = data;
    const { schedules, webhooks, signingSecrets } = data;
    const ofTenants = { history, schedules, webhooks, signingSecrets };
    this.tables = { tasks: taskTables, definitions, control, access, statistics, ...ofTenants };
    this.alarms = alarms;
    this.stacks = parts.stacks;
    this.#pools = execution.pools;
  }

  /**
   * Returns the executors of a resource class, for grants and connections: what is granted holds for all types of the class.
   * Throws `ConfigError` where the deployment has no such class.
   */
  executor(resourceClass: string): ExecutorPool {
    const pool = this.#pools.get(resourceClass);
    if (pool !== undefined) return pool;
    throw new ConfigError(
      `there is no resource class ${resourceClass}; the deployment ${this.name} has ${[...this.#pools.keys()].join(', ')}`,
    );
  }

  /** Returns where each part goes: into the stack that this is in, or into one of its own. */
  #partsOf({ name }: DeployConfig, env: MillraceProps['env']): Parts {
    const stacks: Stack[] = [];
    if (this.node.scopes.some((one) => Stack.isStack(one))) {
      if (env !== undefined)
        throw new ConfigError('env is of the stacks that Millrace makes: in a stack, leave it out');
      limitResources(this);
      const of = (part: string): Place => [this, `${part[0]?.toUpperCase()}${part.slice(1)}`];
      return { of, stacks };
    }
    const { scope } = this.node;
    if (scope === undefined || Stage.of(this) === undefined) {
      throw new ConfigError('Millrace belongs in a stack, an app or a stage');
    }
    const of = (part: string, description: string): Place => {
      const stackName = `${name}-${part}`;
      if (scope.node.tryFindChild(stackName) !== undefined) {
        throw new ConfigError(`there are two Millraces of the name ${name}: give one of them another name`);
      }
      const stack = new Stack(scope, stackName, {
        stackName,
        description: `Millrace: ${description}`,
        ...(env && { env }),
      });
      stacks.push(stack);
      // A construct of this id is in no logical id, so that all have those which they would have in the stack itself.
      return [stack, 'Default'];
    };
    return { of, stacks };
  }
}

/** The router accepts the task types that it knows, so it must never be newer than the executors. */
function orderDeployment(execution: ExecutionStack, api: ApiStack): void {
  if (Stack.of(api) !== Stack.of(execution)) {
    Stack.of(api).addStackDependency(Stack.of(execution));
    return;
  }
  const router = api.router.node.defaultChild as CfnAlias;
  for (const { executors } of execution.pools.values()) {
    for (const { live } of executors) router.addResourceDependency(live.node.defaultChild as CfnAlias);
  }
}

function tellOnlyGrowing(config: DeployConfig, data: DataStack, execution: ExecutionStack): void {
  const sentences = onlyGrowing(config);
  for (const [part, told] of [[data, sentences.data] as const, [execution, sentences.execution] as const]) {
    for (const [index, sentence] of told.entries()) {
      Annotations.of(part).addInfoV2(`millrace:onlyGrowing${index}`, sentence);
    }
  }
}

import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import { type IGrantable, type IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { deadLettersNameOf, type ENV, LANE_KINDS, type ResourceClass } from '../../functions/contract.ts';
import {
  classOf,
  deliveryClassOf,
  executorNameOf,
  logGroupNameOf,
  reservationOf,
} from '../../functions/resource-classes.ts';
import type { ClassAttachments } from '../class-props.ts';
import { type DeployConfig, settingsOf } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { batchWindowOf } from './batch-window.ts';
import { type ClassNetwork, connectionsOf, networkOf } from './class-network.ts';
import { DeadLetters } from './dead-letters.ts';
import { Lane, laneQueueName, shardsOf } from './lane.ts';
import { RolesPrincipal } from './roles-principal.ts';
import { ServiceFunction } from './service-function.ts';
import type { TaskData } from './task-data.ts';

export type ExecutorPoolProps = {
  readonly config: DeployConfig;
  readonly data: TaskData;
  readonly resourceClass: ResourceClass;
  readonly tasks: DiscoveredTasks;
  readonly attachments: ClassAttachments;
};

/** Runs the tasks of one resource class: an executor for each shard, their lanes, and one dead-letter queue. */
export class ExecutorPool extends Construct implements IGrantable, IConnectable {
  /** The executors of the class by their shard; any of them may run a task. */
  readonly executors: readonly ServiceFunction[];
  /** What is granted to it is granted to each of its executors. */
  readonly grantPrincipal: IPrincipal;
  readonly #network: ClassNetwork | undefined;
  readonly #props: ExecutorPoolProps;
  readonly #deadLetterQueue: DeadLetters;

  constructor(scope: Construct, id: string, props: ExecutorPoolProps) {
    super(scope, id);
    const { config, resourceClass, attachments } = props;
    this.#props = props;
    this.#network = networkOf(this, resourceClass, attachments);
    this.#deadLetterQueue = new DeadLetters(this, deadLetterQueueName(config, resourceClass));
    this.executors = shardsOf(config, resourceClass).map((shard) => this.#executor(shard));
    this.grantPrincipal = new RolesPrincipal(
      this,
      this.executors.map(({ serviceRole }) => serviceRole),
    );
    for (const secret of Object.values(attachments.secrets ?? {})) secret.grantRead(this);
  }

  /** What may reach its executors, and what they may reach, in their network. Throws `ConfigError` where they are in none. */
  get connections(): Connections {
    if (this.#network !== undefined) return connectionsOf(this.#network);
    const { resourceClass } = this.#props;
    throw new ConfigError(`the executors of ${resourceClass} are in no network: give classes.${resourceClass}.vpc`);
  }

  #executor(shard: number): ServiceFunction {
    const { config, data, resourceClass, tasks, attachments } = this.#props;
    const deadLetterQueue = this.#deadLetterQueue;
    const deployed = classOf(config.classes, resourceClass);
    const suffix = shard === 0 ? '' : String(shard);
    const delivers = deliveryClassOf(config.classes) === resourceClass;
    const executor = new ServiceFunction(this, `Executor${suffix}`, {
      config,
      door: 'executor',
      tasks,
      name: executorNameOf(resourceClass, shard),
      description: `Runs tasks of class ${resourceClass}, shard ${shard}`,
      memoryMb: deployed.memoryMb,
      timeoutSeconds: deployed.functionTimeoutSeconds,
      ephemeralStorageMb: deployed.ephemeralStorageMb,
      reservedConcurrency: config.reservations ? reservationOf(deployed.reserved) : undefined,
      hasAlias: true,
      // A task is sent again when it is retried, returned or fanned out; its attempts and the depth of a fan-out have limits of their own.
      isRecursive: true,
      isTraced: true,
      environment: {
        ...data.taskEnvironment,
        controlTable: data.control.tableName,
        statisticsTable: data.statistics.tableName,
        historyTable: data.history.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        deadLetterQueueUrl: deadLetterQueue.queueUrl,
        outboundHosts: config.outboundHosts.join(','),
        classes: classesText(config),
        resourceClass,
        ...(delivers && {
          webhooksTable: data.webhooks.tableName,
          signingSecretsTable: data.signingSecrets.tableName,
        }),
        ...attachedEnvironment(attachments),
      },
      ownEnvironment: attachments.environment ?? {},
      layers: attachments.layers ?? [],
      ...(this.#network && { network: this.#network }),
    });
    // `PartiQLUpdate` and `PartiQLInsert` write several rows in one request, BatchExecuteStatement.
    const actions = ['UpdateItem', 'PartiQLUpdate', 'GetItem', 'PutItem', 'PartiQLInsert', 'BatchGetItem'];
    data.grantTasks(executor, ...actions.map((action) => `dynamodb:${action}`));
    data.definitions.grant(executor, 'dynamodb:GetItem');
    data.control.grant(executor, 'dynamodb:UpdateItem');
    // Before a task fans out, the open tasks of its tenant are read.
    data.statistics.grant(executor, 'dynamodb:GetItem');
    // A failed attempt is kept, and none of them is read or changed here.
    data.grantAttempts(executor);
    data.grantPayloads(executor);
    if (delivers) {
      // It reads what to sign with, makes the first secret of a tenant, and pauses a webhook whose receiver is gone.
      for (const table of [data.webhooks, data.signingSecrets]) {
        table.grant(executor, 'dynamodb:GetItem', 'dynamodb:PutItem');
      }
    }
    for (const kind of LANE_KINDS) {
      const batchWindow = batchWindowOf(kind, resourceClass, config.classes, tasks.definitions);
      const lane = { config, resourceClass, kind, shard, executor, deadLetterQueue, batchWindow };
      new Lane(this, `Lane${suffix}-${kind}`, lane);
    }
    executor.addToRolePolicy(
      // A task's subtasks may be of any class, and so may the parent that its end lets go on.
      new PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: [...laneArns(this, config), deadLetterQueue.queueArn],
      }),
    );
    return executor;
  }
}

export const deadLetterQueueName = ({ name }: DeployConfig, resourceClass: ResourceClass): string =>
  `${name}-${deadLettersNameOf(resourceClass)}`;

/** Returns all of a lane's queue URL that stands before its name: the names are ours, so no stack has to export twenty URLs. */
export function queueUrlPrefix(scope: Construct, { name }: DeployConfig): string {
  const { account, region, urlSuffix } = Stack.of(scope);
  return `https://sqs.${region}.${urlSuffix}/${account}/${name}-`;
}

/** Returns all of a lane's ARN that stands before its name. */
export const queueArnPrefix = (scope: Construct, { name }: DeployConfig): string =>
  Stack.of(scope).formatArn({ service: 'sqs', resource: `${name}-`, arnFormat: ArnFormat.NO_RESOURCE_NAME });

/** Returns the ARNs of all lanes of the deployment. */
export const laneArns = (scope: Construct, config: DeployConfig): string[] =>
  Object.keys(config.classes).flatMap((resourceClass) =>
    shardsOf(config, resourceClass).flatMap((shard) =>
      LANE_KINDS.map((kind) => queueArn(scope, laneQueueName(config, resourceClass, kind, shard))),
    ),
  );

/** Returns the ARNs of the lanes that deliveries to webhooks go to. */
export function deliveryLaneArns(scope: Construct, config: DeployConfig): string[] {
  const resourceClass = deliveryClassOf(config.classes);
  return shardsOf(config, resourceClass).map((shard) =>
    queueArn(scope, laneQueueName(config, resourceClass, 'low', shard)),
  );
}

/** Returns the ARNs of the log groups of all executors, as permissions to read them take them. */
export const executorLogArns = (scope: Construct, config: DeployConfig): string[] =>
  Object.keys(config.classes).flatMap((resourceClass) =>
    shardsOf(config, resourceClass).map((shard) =>
      Stack.of(scope).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${logGroupNameOf(`${config.name}-`, resourceClass, shard)}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ),
  );

/** Returns the ARNs of the dead-letter queues of all classes. */
export const deadLetterArns = (scope: Construct, config: DeployConfig): string[] =>
  Object.keys(config.classes).map((resourceClass) => queueArn(scope, deadLetterQueueName(config, resourceClass)));

const queueArn = (scope: Construct, resource: string): string =>
  Stack.of(scope).formatArn({ service: 'sqs', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });

/** Writes the classes of a deployment as its functions read them. */
export const classesText = ({ classes }: DeployConfig): string =>
  JSON.stringify(Object.fromEntries(Object.entries(classes).map(([name, deployed]) => [name, settingsOf(deployed)])));

/** Says which variables are the team's own, which threads get too, and where the secrets are: by ARN, and parameters by name. */
function attachedEnvironment({
  environment = {},
  secrets = {},
}: ClassAttachments): Partial<Record<keyof typeof ENV, string>> {
  const places = Object.entries(secrets).map(([name, source]) => [
    name,
    'secretArn' in source ? { secret: source.secretArn } : { parameter: source.parameterName },
  ]);
  return {
    ...(Object.keys(environment).length === 0 ? {} : { ownVariables: Object.keys(environment).join(',') }),
    ...(places.length === 0 ? {} : { secrets: JSON.stringify(Object.fromEntries(places)) }),
  };
}

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { MAX_DELAY_SECONDS, PAYLOAD_SLACK_DAYS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { acknowledge, acknowledgeWildcards } from '../constructs/acknowledge.ts';
import { addOutput } from '../constructs/deployment-output.ts';
import type { ServiceFunction } from '../constructs/service-function.ts';
import { billingOf } from '../constructs/table-billing.ts';
import type { TaskData } from '../constructs/task-data.ts';
import type { TaskMetadata } from '../task-metadata.ts';

const string = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

/**
 * Makes an index of keys only, in order of creation, over `indexShards` partitions. It takes one write a task, and `byStatus`
 * two more for one that does not end as expected.
 */
const byCreation = (indexName: string, ...owners: string[]): GlobalSecondaryIndexPropsV2 => ({
  indexName,
  partitionKeys: [string('tenantId'), ...owners.map(string), number('indexShard')],
  sortKeys: [string('order')],
  projectionType: ProjectionType.KEYS_ONLY,
});

/** Makes an index of keys only, which a write of a row goes to only where it changes one of these. */
const keysBy = (indexName: string, partitionKey: Attribute, sortKey: Attribute): GlobalSecondaryIndexPropsV2 => ({
  indexName,
  partitionKey,
  sortKey,
  projectionType: ProjectionType.KEYS_ONLY,
});

const INDEXES = [
  byCreation('byType', 'type'),
  byCreation('byStatus', 'statusGroup'),
  byCreation('byAssignee', 'assigneeType', 'assigneeId'),
  byCreation('byWorkflow', 'workflowInstanceId'),
  {
    indexName: 'byFailure',
    partitionKeys: [string('tenantId'), number('indexShard')],
    // Only what has failed has a code. Each kind of failure is in order of creation for itself.
    sortKeys: [string('type'), string('errorCode'), string('order')],
    projectionType: ProjectionType.KEYS_ONLY,
  },
  {
    indexName: 'due',
    partitionKeys: [string('dueShard')],
    sortKeys: [number('dueAt')],
    projectionType: ProjectionType.KEYS_ONLY,
  },
];

/** The indexes of a task table, which each write of a task may go to. */
export const TASK_INDEXES = INDEXES.map(({ indexName }) => indexName);

/** Names a table of tasks in the template: the first has no number, so that a deployment with one knows of no shards. */
const tableId = (shard: number): string => (shard === 0 ? 'Tasks' : `Tasks${shard}`);

const NO_ACCESS_LOG_REASON =
  'Functions of Millrace alone read it, by keys of one task each; who submits and reads tasks is in the access log of the API';

const namesOf = ({ tableName, tableArn }: TableV2): string[] => [tableName, tableArn];

/** Holds what a deployment keeps: tasks, their history, payloads, definitions, schedules, webhooks, keys, statistics, and the bus of task events. */
export class DataStack extends Construct implements TaskData {
  readonly tasks: readonly TableV2[];
  readonly definitions: TableV2;
  readonly access: TableV2;
  readonly statistics: TableV2;
  readonly history: TableV2;
  readonly control: TableV2;
  readonly schedules: TableV2;
  readonly webhooks: TableV2;
  readonly signingSecrets: TableV2;
  readonly eventBus: EventBus;
  readonly taskEnvironment: TaskData['taskEnvironment'];
  readonly #payloads: Bucket;

  constructor(
    scope: Construct,
    id: string,
    config: DeployConfig,
    types: readonly Pick<TaskMetadata, 'retentionDays'>[],
  ) {
    super(scope, id);
    const keep = {
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      deletionProtection: config.deletionProtection,
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    };
    const ofTasks = { ...keep, billing: billingOf(config.tableCapacity) };
    this.tasks = Array.from({ length: config.tableShards }, (_, shard) => this.#taskTable(tableId(shard), ofTasks));
    this.definitions = new TableV2(this, 'Definitions', { ...keep, partitionKey: string('type') });
    this.control = new TableV2(this, 'Control', {
      ...keep,
      partitionKey: string('pk'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.schedules = new TableV2(this, 'Schedules', {
      ...keep,
      partitionKey: string('pk'),
      globalSecondaryIndexes: [
        keysBy('byTenant', string('tenantId'), string('id')),
        keysBy('due', string('dueShard'), number('dueAt')),
      ],
    });
    this.webhooks = new TableV2(this, 'Webhooks', { ...keep, partitionKey: string('tenantId') });
    // Who has to know whom to tell need not know what that is signed with.
    this.signingSecrets = new TableV2(this, 'SigningSecrets', { ...keep, partitionKey: string('pk') });
    this.access = new TableV2(this, 'Access', {
      ...keep,
      partitionKey: string('keyHash'),
      globalSecondaryIndexes: [
        {
          indexName: 'byTenant',
          partitionKey: string('tenantId'),
          sortKey: number('createdAt'),
          projectionType: ProjectionType.ALL,
        },
      ],
    });
    this.statistics = new TableV2(this, 'Statistics', {
      ...keep,
      partitionKey: string('pk'),
      sortKey: string('sk'),
      timeToLiveAttribute: 'expiresAt',
    });
    this.history = new TableV2(this, 'History', {
      ...keep,
      partitionKey: string('pk'),
      sortKey: string('sk'),
      timeToLiveAttribute: 'expiresAt',
    });
    const lifetimeDays = config.retentionDays + PAYLOAD_SLACK_DAYS;
    const longestDays = Math.max(
      lifetimeDays,
      ...types.map(({ retentionDays = 0 }) => retentionDays + PAYLOAD_SLACK_DAYS),
    );
    this.#payloads = new Bucket(this, 'Payloads', {
      removalPolicy: keep.removalPolicy,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        { prefix: 'payloads/', expiration: Duration.days(lifetimeDays) },
        // These are of tasks that were scheduled when they were submitted, or that their type keeps for longer than others.
        { prefix: 'scheduled/', expiration: Duration.days(longestDays + MAX_DELAY_SECONDS / 86_400) },
      ],
    });
    acknowledge(this.#payloads, 'AwsSolutions-S1', NO_ACCESS_LOG_REASON);
    this.eventBus = new EventBus(this, 'TaskEvents', { eventBusName: `${config.name}-tasks` });
    this.taskEnvironment = {
      tasksTables: this.tasks.map(({ tableName }) => tableName).join(','),
      definitionsTable: this.definitions.tableName,
      payloadBucket: this.#payloads.bucketName,
      indexShards: String(config.indexShards),
      retentionDays: String(config.retentionDays),
    };
    if (Stack.isStack(scope)) {
      // Another stack may stop importing these as the configuration changes; an export in use cannot be taken away.
      const { eventBusName, eventBusArn } = this.eventBus;
      for (const value of [eventBusName, eventBusArn, ...namesOf(this.access)]) scope.exportValue(value);
    }
    addOutput(this, 'TasksTableNames', this.tasks.map(({ tableName }) => tableName).join(','));
    addOutput(this, 'DefinitionsTableName', this.definitions.tableName);
    addOutput(this, 'PayloadBucketName', this.#payloads.bucketName);
    addOutput(this, 'EventBusName', this.eventBus.eventBusName);
    addOutput(this, 'StatisticsTableName', this.statistics.tableName);
    addOutput(this, 'HistoryTableName', this.history.tableName);
    addOutput(this, 'ControlTableName', this.control.tableName);
    addOutput(this, 'SchedulesTableName', this.schedules.tableName);
    addOutput(this, 'WebhooksTableName', this.webhooks.tableName);
    addOutput(this, 'SigningSecretsTableName', this.signingSecrets.tableName);
    addOutput(this, 'AccessTableName', this.access.tableName);
  }

  #taskTable(id: string, keep: Pick<TablePropsV2, 'removalPolicy' | 'billing'>): TableV2 {
    return new TableV2(this, id, {
      ...keep,
      partitionKey: string('pk'),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
      globalSecondaryIndexes: INDEXES,
    });
  }

  /** Grants the rows alone: a grant of the CDK's holds for every index, too. */
  grantTasks(grantee: ServiceFunction, ...actions: string[]): void {
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources: this.tasks.map(({ tableArn }) => tableArn) }));
  }

  grantSchedules(grantee: ServiceFunction, ...actions: string[]): void {
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources: [this.schedules.tableArn] }));
  }

  /** What is of no task begins with what no tenant's id does. */
  grantAttempts(grantee: ServiceFunction): void {
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:PutItem'],
        resources: [this.history.tableArn],
        conditions: { 'ForAllValues:StringNotLike': { 'dynamodb:LeadingKeys': ['#*'] } },
      }),
    );
  }

  grantHistory(grantee: ServiceFunction, ...actions: string[]): void {
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources: [this.history.tableArn] }));
  }

  grantPayloads(grantee: ServiceFunction, ...more: string[]): void {
    this.#grantPayloads(grantee, 's3:GetObject', 's3:PutObject', ...more);
  }

  /** Lets a function get payloads, and nothing else of the bucket. */
  grantReadOfPayloads(grantee: ServiceFunction): void {
    this.#grantPayloads(grantee, 's3:GetObject');
  }

  /** Grants the list, too: without it S3 says of a missing object that access is denied, which could not be told from a fault. */
  #grantPayloads(grantee: ServiceFunction, ...actions: string[]): void {
    const { bucketArn } = this.#payloads;
    grantee.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }));
    const resources = ['payloads/*', 'scheduled/*'].map((keys) => this.#payloads.arnForObjects(keys));
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources }));
    acknowledgeWildcards(grantee.policy, 'Each payload has a key of its own, which is its task', resources);
  }
}

import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';
import type { TaskData } from '../constructs/task-data.ts';

const string = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

/** Keys only, by creation time, spread over `indexShards` partitions: one write a task, once. */
const byCreation = (indexName: string, ...owners: string[]): GlobalSecondaryIndexPropsV2 => ({
  indexName,
  partitionKeys: [string('tenantId'), ...owners.map(string), number('indexShard')],
  sortKeys: [number('createdAt')],
  projectionType: ProjectionType.KEYS_ONLY,
});

/** Payloads expire `retentionDays` and this many days after they were written: a task may wait on its lane first. */
const QUEUED_DAYS = 14;

/** What a deployment keeps: tasks, payloads, definitions, keys, and the bus of task events. */
export class DataStack extends Stack implements TaskData {
  readonly tasks: TableV2;
  readonly access: TableV2;
  readonly taskEnvironment: TaskData['taskEnvironment'];
  readonly #payloads: Bucket;

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id, { stackName: id, description: 'Millrace: tables, payloads and events' });
    const keep = {
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      deletionProtection: config.retainData,
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    };
    this.tasks = new TableV2(this, 'Tasks', {
      ...keep,
      partitionKey: string('pk'),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
      globalSecondaryIndexes: [
        byCreation('byType', 'type'),
        byCreation('byStatus', 'statusGroup'),
        byCreation('byAssignee', 'assigneeType', 'assigneeId'),
        byCreation('byWorkflow', 'workflowInstanceId'),
        {
          indexName: 'due',
          partitionKeys: [number('dueShard')],
          sortKeys: [number('dueAt')],
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    new TableV2(this, 'Definitions', { ...keep, partitionKey: string('type') });
    this.access = new TableV2(this, 'Access', { ...keep, partitionKey: string('keyHash') });
    this.#payloads = new Bucket(this, 'Payloads', {
      removalPolicy: keep.removalPolicy,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ expiration: Duration.days(config.retentionDays + QUEUED_DAYS) }],
    });
    new EventBus(this, 'TaskEvents', { eventBusName: `${config.name}-tasks` });
    this.taskEnvironment = {
      tasksTable: this.tasks.tableName,
      payloadBucket: this.#payloads.bucketName,
      indexShards: String(config.indexShards),
      retentionDays: String(config.retentionDays),
    };
    new CfnOutput(this, 'TasksTableName', { value: this.tasks.tableName });
    new CfnOutput(this, 'AccessTableName', { value: this.access.tableName });
  }

  grantPayloads(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [this.#payloads.arnForObjects('payloads/*')],
      }),
    );
  }
}

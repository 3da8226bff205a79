import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import type { SharedLaneKind } from '../functions/contract.ts';

/** What can be said about a resource class. */
export type ClassProps = {
  /**
   * Memory of its executors in MB, 128 to 10,240. CPU comes with it: one vCPU for each 1,769 MB (Lambda's documentation,
   * "Memory").
   *
   * @default 256; 512 of `io-intensive`, 3,538 of `cpu-intensive`, 4,096 of `memory-intensive`
   */
  readonly memoryMb?: number;

  /**
   * Space under `/tmp` in MB, 512 to 10,240.
   *
   * @default 512; 2,048 of `io-intensive`
   */
  readonly ephemeralStorageMb?: number;

  /**
   * How many seconds one attempt may take, 1 to 890. Each type says its own timeout, which is no longer.
   *
   * @default 50; 170 of `cpu-intensive`, 290 of `memory-intensive`
   */
  readonly timeoutSeconds?: number;

  /**
   * How many tasks one executor runs at a time, 1 to 50: many of those that wait for others, one for each vCPU of those that
   * compute.
   *
   * @default 10; 20 of `io-intensive`, 2 of `cpu-intensive`, 1 of `memory-intensive`
   */
  readonly concurrency?: number;

  /**
   * Executors that the lanes with work share, the express lane among them, 10 at least. Lambda reserves two more for each lane
   * but one, and so many may run for a minute or two after idle lanes wake (docs/decisions/idle-lanes-keep-two.md).
   *
   * @default 10
   */
  readonly reserved?: number;

  /**
   * The most executors that each lane asks for, 2 to 1,000, until the governor lends it more.
   *
   * @default 4 of `high`, and 2 of each of the others
   */
  readonly lanes?: Partial<Record<SharedLaneKind, number>>;

  /**
   * Executor functions, each with lanes of its own, that share the tasks of the class; 16 of all classes together. May only
   * grow: a lane that goes takes what waits in it along.
   *
   * @default 1
   */
  readonly shards?: number;

  /**
   * Variables that its handlers read from `process.env`, isolated ones too; 1,500 characters at most.
   *
   *     environment: { TABLE: table.tableName }
   *
   * @default none
   */
  readonly environment?: Readonly<Record<string, string>>;

  /**
   * What its handlers read by `ctx.secret(name)`: secrets of Secrets Manager and parameters of SSM, each fetched once and kept for
   * five minutes. Its executors may read these and no others.
   *
   * @default none
   */
  readonly secrets?: Readonly<Record<string, ISecret | IStringParameter>>;

  /**
   * The network that its executors stand in. They need a way to DynamoDB, SQS, S3 and X-Ray from there, by a NAT gateway or by
   * endpoints of these services.
   *
   * @default none: the executors reach the internet, and nothing private
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of `vpc` that its executors stand in.
   *
   * @default the private ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * The security groups of its executors in `vpc`.
   *
   * @default one of their own, which `executor(class).connections` opens to others
   */
  readonly securityGroups?: readonly ISecurityGroup[];

  /**
   * Layers of its executors, four at most.
   *
   * @default none
   */
  readonly layers?: readonly ILayerVersion[];
};

/** What a class is given that is no setting of its executors, but a part of the team's app. */
export type ClassAttachments = Pick<
  ClassProps,
  'environment' | 'secrets' | 'vpc' | 'vpcSubnets' | 'securityGroups' | 'layers'
>;
export type ClassSettingsProps = Omit<ClassProps, keyof ClassAttachments>;

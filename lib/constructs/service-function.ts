import { ArnFormat, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { type CfnRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
  LambdaInsightsVersion,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENV, nodeOptionsOf } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { bundle } from './bundle.ts';
import type { BundledFiles } from './door-build.ts';

export type ServiceFunctionProps = {
  readonly config: DeployConfig;
  /** The room under `functions/` whose `index.ts` exports the handler. */
  readonly door: string;
  /** The function of `index.ts` that Lambda calls; `handler` unless given. */
  readonly handler?: string;
  /** What the door reads beside its code. */
  readonly files?: BundledFiles;
  /** The function's name behind the deployment's. */
  readonly name: string;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly ephemeralStorageMb?: number;
  readonly reservedConcurrency?: number;
  /** Whether some environments are kept initialized, where the deployment wants that. */
  readonly provisioned?: boolean;
  readonly environment: Partial<Record<keyof typeof ENV, string>>;
};

const LIVE = 'live';

/** A Lambda function as all of ours are: arm64, Node 24, traced, with a log group and a role of its own. */
export class ServiceFunction extends LambdaFunction {
  /** What is to be called: an alias where environments are provisioned, for they belong to a version. */
  readonly live: IFunction;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const functionName = `${props.config.name}-${props.name}`;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.config.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, id, {
      functionName,
      description: props.description,
      code: bundle(scope, props.door, props.files),
      handler: `index.${props.handler ?? 'handler'}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(props.ephemeralStorageMb === undefined
        ? {}
        : { ephemeralStorageSize: Size.mebibytes(props.ephemeralStorageMb) }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      tracing: Tracing.ACTIVE,
      ...(props.config.lambdaInsights && { insightsVersion: LambdaInsightsVersion.VERSION_1_0_498_0 }),
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
      environment: {
        NODE_OPTIONS: nodeOptionsOf(props.memoryMb),
        POWERTOOLS_SERVICE_NAME: props.config.name,
        // A request that is made for several tasks is in the trace of none.
        AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
        ...Object.fromEntries(
          Object.entries(props.environment).map(([key, value]) => [ENV[key as keyof typeof ENV], value]),
        ),
      },
    });
    if (props.config.lambdaInsights) permitInsights(role);
    const { provisioned } = props.config;
    this.live = props.provisioned === true && provisioned !== false ? this.#alias(provisioned) : this;
  }

  // The CDK's types are at odds with `exactOptionalPropertyTypes` only.
  #alias({ min, max, utilization }: Exclude<DeployConfig['provisioned'], false>): IFunction {
    const alias = new Alias(this, 'Live', { aliasName: LIVE, version: this.currentVersion as IVersion });
    const scaling = alias.addAutoScaling({ minCapacity: min, maxCapacity: max });
    scaling.scaleOnUtilization({ utilizationTarget: utilization });
    return alias as IFunction;
  }
}

/** In place of the managed policy that the CDK attaches, which lets every log group be made. */
function permitInsights(role: Role): void {
  (role.node.defaultChild as CfnRole).addPropertyDeletionOverride('ManagedPolicyArns');
  const logGroup = (resourceName: string): string =>
    Stack.of(role).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup('/aws/lambda-insights'), logGroup('/aws/lambda-insights:*')],
    }),
  );
}

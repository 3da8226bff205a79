import { ArnFormat, Duration, Lazy, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { type CfnRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  type IFunction,
  type ILayerVersion,
  type IVersion,
  Function as LambdaFunction,
  LambdaInsightsVersion,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { ENV } from '../../functions/contract.ts';
import { nodeOptionsOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../config.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import { bundle } from './bundle.ts';
import { type ClassNetwork, NETWORK_ACTIONS } from './class-network.ts';
import type { BundledFiles } from './door-build.ts';

export type ServiceFunctionProps = {
  readonly config: DeployConfig;
  /** The room under `functions/` whose `index.ts` exports the handler. */
  readonly door: string;
  /** The function of `index.ts` that Lambda calls; `handler` unless given. */
  readonly handler?: string;
  /** The task types, for a door that knows them. */
  readonly tasks?: DiscoveredTasks;
  /** What the door reads beside its code. */
  readonly files?: BundledFiles;
  /** The function's name behind the deployment's. */
  readonly name: string;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly ephemeralStorageMb?: number;
  readonly reservedConcurrency?: number | undefined;
  /** Called by an alias, whose environments the deployment may keep initialized: they belong to a version. */
  readonly hasAlias?: boolean;
  /** Sends messages that come back to it. Lambda would end a chain of 16, and SQS count that as failed deliveries. */
  readonly isRecursive?: boolean;
  /** Records requests and tasks that are traced, where the deployment wants traces, and sends that itself. */
  readonly isTraced?: boolean;
  /** Actions of AWS that it calls and that take no resource. */
  readonly unscopedActions?: readonly string[];
  readonly environment: Partial<Record<keyof typeof ENV, string>>;
  /** What the team has its handlers read. */
  readonly ownEnvironment?: Readonly<Record<string, string>>;
  readonly layers?: readonly ILayerVersion[];
  readonly network?: ClassNetwork;
};

const LIVE = 'live';

const DLQ_REASON = 'Queues, streams and the API, which call it, keep what fails; the clock calls it again';
const UNSCOPED_REASON = 'Only actions that take no resource (Service Authorization Reference)';
const TRACING_REASON =
  'Lambda would choose by itself what it traces, and bill for it: Millrace chooses and sends what is to be traced';

/** X-Ray takes no resource for this (Service Authorization Reference, "AWS X-Ray"). */
const TRACE_ACTIONS = ['xray:PutTraceSegments'];

/** Makes a Lambda function as all of ours are: arm64, Node 24, with a log group and a role of its own. */
export class ServiceFunction extends LambdaFunction {
  /** What is to be called: the alias of a function that has one, whether or not environments are provisioned. */
  readonly live: IFunction;
  readonly serviceRole: Role;
  /** What its role may do: whatever needs that beside the function depends on it. */
  readonly policy: IConstruct;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const functionName = `${props.config.name}-${props.name}`;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.config.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const traced = props.isTraced === true && props.config.tracing !== false ? props.config.tracing : undefined;
    const role = roleOf(scope, `${id}Role`, [
      ...(traced === undefined ? [] : TRACE_ACTIONS),
      ...(props.network === undefined ? [] : NETWORK_ACTIONS),
      ...(props.unscopedActions ?? []),
    ]);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, id, {
      functionName,
      description: props.description,
      code: bundle(scope, props.door, { functionName, tasks: props.tasks, files: props.files }),
      handler: `index.${props.handler ?? 'handler'}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(props.ephemeralStorageMb === undefined
        ? {}
        : { ephemeralStorageSize: Size.mebibytes(props.ephemeralStorageMb) }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      recursiveLoop: props.isRecursive === true ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      ...(props.config.lambdaInsights && { insightsVersion: LambdaInsightsVersion.VERSION_1_0_498_0 }),
      loggingFormat: LoggingFormat.JSON,
      // Lambda's own lines of an invocation that failed are warnings ("System log level event mapping").
      ...(props.config.routineLogs ? {} : { systemLogLevelV2: SystemLogLevel.WARN }),
      logGroup,
      role,
      ...props.network,
      layers: [...(props.layers ?? [])],
      environment: {
        ...props.ownEnvironment,
        NODE_OPTIONS: nodeOptionsOf(props.memoryMb),
        POWERTOOLS_SERVICE_NAME: props.config.name,
        // Most calls are in no segment. Lambda's own value has each of them logged as an error.
        AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
        ...(traced === undefined ? {} : { [ENV.tracedShare]: String(traced.share) }),
        ...(props.config.routineLogs ? {} : { [ENV.routineLogs]: 'false' }),
        ...Object.fromEntries(
          Object.entries(props.environment).map(([key, value]) => [ENV[key as keyof typeof ENV], value]),
        ),
      },
    });
    this.serviceRole = role;
    this.policy = role.node.findChild('DefaultPolicy');
    if (props.config.lambdaInsights) permitInsights(this);
    acknowledge(this, 'AwsSolutions-L1', 'Tested on this version of Node: a newer one comes with a newer Millrace');
    acknowledge(this, 'Serverless-LambdaDLQ', DLQ_REASON);
    acknowledge(this, 'Serverless-LambdaTracing', TRACING_REASON);
    this.live = props.hasAlias === true ? this.#alias(functionName, props.config) : this;
  }

  // The CDK's types are at odds with `exactOptionalPropertyTypes` only.
  #alias(functionName: string, { provisioned }: DeployConfig): IFunction {
    const alias = new Alias(this, 'Live', { aliasName: LIVE, version: this.currentVersion as IVersion });
    if (provisioned !== false) keepInitialized(alias, functionName, provisioned);
    return alias as IFunction;
  }
}

/**
 * Keeps a share of an alias's environments free. Without invocations Lambda tells no utilization, and an alarm without
 * data never scales in (Application Auto Scaling, "Target tracking"): so what is not told counts as 0.
 */
function keepInitialized(
  alias: Alias,
  functionName: string,
  { min, max, utilization }: Exclude<DeployConfig['provisioned'], false>,
): void {
  const scope = alias.node.scope as Construct;
  const target = new CfnScalableTarget(scope, 'Provisioned', {
    serviceNamespace: 'lambda',
    scalableDimension: 'lambda:function:ProvisionedConcurrency',
    resourceId: `function:${functionName}:${LIVE}`,
    minCapacity: min,
    maxCapacity: max,
  });
  target.node.addDependency(alias);
  const told = {
    namespace: 'AWS/Lambda',
    metricName: 'ProvisionedConcurrencyUtilization',
    dimensions: [
      { name: 'FunctionName', value: functionName },
      { name: 'Resource', value: `${functionName}:${LIVE}` },
    ],
  };
  new CfnScalingPolicy(scope, 'ProvisionedUtilization', {
    policyName: `${functionName}-utilization`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: utilization,
      customizedMetricSpecification: {
        metrics: [
          { id: 'told', metricStat: { metric: told, stat: 'Maximum' }, returnData: false },
          { id: 'utilization', expression: 'FILL(told, 0)', label: 'Utilization', returnData: true },
        ],
      },
    },
  });
}

/**
 * Makes the role of a function. What takes no resource stands in the role itself, and all else in its policy, where a team's grants
 * go, too: so a grant of theirs that names no resource is still found by whatever looks for that.
 */
const INSIGHTS_POLICY = 'CloudWatchLambdaInsightsExecutionRolePolicy';

function roleOf(scope: Construct, id: string, unscopedActions: readonly string[]): Role {
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
  if (unscopedActions.length === 0) return new Role(scope, id, { assumedBy });
  const statement = new PolicyStatement({ actions: [...unscopedActions], resources: ['*'] });
  const inlinePolicies = { Unscoped: new PolicyDocument({ statements: [statement] }) };
  const role = new Role(scope, id, { assumedBy, inlinePolicies });
  acknowledge(role, 'AwsSolutions-IAM5', UNSCOPED_REASON, ['Resource::*']);
  acknowledge(role, 'Serverless-LambdaStarPermissions', UNSCOPED_REASON);
  return role;
}

/** Takes the place of the managed policy that the CDK attaches, which lets every log group be made. Those of a team stay. */
function permitInsights({ serviceRole: role, policy }: ServiceFunction): void {
  const cfnRole = role.node.defaultChild as CfnRole;
  const attached = cfnRole.managedPolicyArns;
  const others = Lazy.uncachedAny(
    {
      produce: (context) =>
        (context.resolve(attached) as unknown[] | undefined)?.filter(
          (arn) => !JSON.stringify(arn).includes(INSIGHTS_POLICY),
        ),
    },
    { omitEmptyArray: true },
  );
  cfnRole.managedPolicyArns = Token.asList(others);
  const logGroup = Stack.of(role).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '/aws/lambda-insights',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup, `${logGroup}:*`],
    }),
  );
  acknowledgeWildcards(policy, 'All streams of one log group', [`${logGroup}:*`]);
}

import { Duration } from 'aws-cdk-lib';
import {
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  AUTHORIZER_CACHE_SECONDS,
  CONSOLE_ROUTES,
  FALLBACK_ROUTE,
  OPEN_ROUTES,
  PREFLIGHT_ROUTE,
  ROUTER_MEMORY_MB,
  ROUTES,
  WAITER_MEMORY_MB,
  WAITER_ROUTE,
  waiterReservationOf,
} from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { acknowledge, acknowledgeWildcards } from '../constructs/acknowledge.ts';
import { corsOf } from '../constructs/api-cors.ts';
import { guardStage } from '../constructs/api-stage.ts';
import { bulkActionsName, permitToStartBulkActions } from '../constructs/bulk-actions.ts';
import { consoleSite } from '../constructs/console-site.ts';
import { addOutput } from '../constructs/deployment-output.ts';
import { classesText, deadLetterArns, executorLogArns, laneArns, queueUrlPrefix } from '../constructs/executor-pool.ts';
import { fixedHourlyDollars } from '../constructs/fixed-costs.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import type { DataStack } from './data-stack.ts';

/** The indexes of a task table that lists are read from. */
const LIST_INDEXES = ['byType', 'byStatus', 'byAssignee', 'byWorkflow', 'byFailure'];

const OPEN_REASON = 'Health, the description of the API and the page of the console say nothing of any tenant';

export type ApiStackProps = {
  readonly config: DeployConfig;
  readonly data: DataStack;
  readonly tasks: DiscoveredTasks;
};

/** Holds what callers reach: the HTTP API, its router, its waiter and the authorizer of its keys. */
export class ApiStack extends Construct {
  readonly apiId: string;
  readonly url: string;
  /** What the API calls of the router: it must never be newer than the executors. */
  readonly router: IFunction;

  constructor(scope: Construct, id: string, { config, data, tasks }: ApiStackProps) {
    super(scope, id);
    const router = this.#router({ config, data, tasks });
    const authorizer = config.jwt === undefined ? this.#keyAuthorizer(config, data) : tokenAuthorizer(config.jwt);
    const cors = corsOf(config.corsOrigins);
    const api = new HttpApi(this, 'Api', { apiName: config.name, ...(cors && { corsPreflight: cors }) });
    guardStage(this, api, config);
    // The whole API has one permission: one for each route would outgrow the function's policy.
    const integration = new HttpLambdaIntegration('Router', router.live, { scopePermissionToRoute: false });
    const add = (key: string, to: HttpLambdaIntegration, routeAuthorizer: IHttpRouteAuthorizer): HttpRoute[] => {
      const [method, path = ''] = key.split(' ');
      return api.addRoutes({ path, methods: [method as HttpMethod], integration: to, authorizer: routeAuthorizer });
    };
    const addOpen = (key: string, to: HttpLambdaIntegration): void => {
      for (const route of add(key, to, new HttpNoneAuthorizer())) acknowledge(route, 'AwsSolutions-APIG4', OPEN_REASON);
    };
    for (const key of OPEN_ROUTES) addOpen(key, integration);
    if (cors !== undefined) addOpen(PREFLIGHT_ROUTE, integration);
    const waiter = new HttpLambdaIntegration('Waiter', this.#waiter(config, data), { scopePermissionToRoute: false });
    for (const key of [...Object.keys(ROUTES), FALLBACK_ROUTE]) {
      add(key, key === WAITER_ROUTE ? waiter : integration, authorizer);
    }
    const page = new HttpLambdaIntegration('Console', this.#console(config), { scopePermissionToRoute: false });
    for (const key of CONSOLE_ROUTES) addOpen(key, page);
    this.apiId = api.apiId;
    this.url = api.apiEndpoint;
    this.router = router.live;
    addOutput(this, 'ApiUrl', api.apiEndpoint);
    addOutput(this, 'ApiId', api.apiId);
  }

  #router({ config, data, tasks }: ApiStackProps): ServiceFunction {
    const router = new ServiceFunction(this, 'Router', {
      config,
      door: 'router',
      tasks,
      name: 'router',
      description: 'Answers the API: accepts tasks and tells of them',
      memoryMb: ROUTER_MEMORY_MB,
      ...reserved(config.apiConcurrency.router),
      hasAlias: true,
      isTraced: true,
      timeoutSeconds: 29,
      environment: {
        ...data.taskEnvironment,
        schedulesTable: data.schedules.tableName,
        accessTable: data.access.tableName,
        webhooksTable: data.webhooks.tableName,
        signingSecretsTable: data.signingSecrets.tableName,
        outboundHosts: config.outboundHosts.join(','),
        statisticsTable: data.statistics.tableName,
        historyTable: data.history.tableName,
        auditRetentionDays: String(config.auditRetentionDays),
        bulkActionsFunction: bulkActionsName(config),
        bulkRatePerSecond: String(config.bulkRatePerSecond),
        controlTable: data.control.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        classes: classesText(config),
        fixedHourlyDollars: fixedHourlyDollars(config, tasks.definitions).toFixed(6),
        ...tokenEnvironment(config),
      },
    });
    data.grantTasks(
      router,
      // `PartiQLInsert` writes the rows of a bulk submit, several in a request.
      ...['PutItem', 'PartiQLInsert', 'GetItem', 'UpdateItem', 'BatchGetItem', 'DeleteItem'].map(ofDynamo),
    );
    router.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: data.tasks.flatMap(({ tableArn }) => LIST_INDEXES.map((name) => `${tableArn}/index/${name}`)),
      }),
    );
    data.grantSchedules(router, ...['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'].map(ofDynamo));
    router.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [`${data.schedules.tableArn}/index/byTenant`],
      }),
    );
    // A key is found by its tenant alone: no hash can be tried.
    router.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${data.access.tableArn}/index/byTenant`] }),
    );
    router.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:DeleteItem'], resources: [data.access.tableArn] }),
    );
    data.webhooks.grant(router, ...['GetItem', 'PutItem'].map(ofDynamo));
    data.signingSecrets.grant(router, ...['GetItem', 'PutItem', 'DeleteItem'].map(ofDynamo));
    data.definitions.grant(router, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    data.control.grant(router, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    data.statistics.grant(router, 'dynamodb:Query', 'dynamodb:GetItem');
    data.grantHistory(router, ...['Query', 'GetItem', 'PutItem', 'DeleteItem'].map(ofDynamo));
    permitToStartBulkActions(router, config);
    data.grantPayloads(router, 's3:DeleteObject');
    router.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
        resources: laneArns(this, config),
      }),
    );
    router.addToRolePolicy(
      new PolicyStatement({
        actions: ['GetQueueAttributes', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].map(
          (action) => `sqs:${action}`,
        ),
        resources: deadLetterArns(this, config),
      }),
    );
    const logs = executorLogArns(this, config);
    router.addToRolePolicy(new PolicyStatement({ actions: ['logs:FilterLogEvents'], resources: logs }));
    acknowledgeWildcards(router.policy, 'All streams of the log group of each executor', logs);
    return router;
  }

  /** Makes what reads single tasks apart from the router: whoever waits for a task takes an environment for as long. */
  #waiter(config: DeployConfig, data: DataStack): ServiceFunction {
    const { definitionsTable: _, ...taskEnvironment } = data.taskEnvironment;
    const waiter = new ServiceFunction(this, 'Waiter', {
      config,
      door: 'waiter',
      name: 'waiter',
      description: 'Reads single tasks, and waits for their ends',
      memoryMb: WAITER_MEMORY_MB,
      ...reserved(config.reservations ? waiterReservationOf(config.waiters) : undefined),
      isTraced: true,
      timeoutSeconds: 29,
      environment: {
        ...taskEnvironment,
        controlTable: data.control.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        waiters: String(config.waiters),
        ...tokenEnvironment(config),
      },
    });
    data.grantTasks(waiter, 'dynamodb:GetItem');
    data.grantReadOfPayloads(waiter);
    // Of the control table it has the slots of those who wait, and no other row.
    waiter.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
        resources: [data.control.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['waiters#*'] } },
      }),
    );
    return waiter;
  }

  /** Makes the console apart from the router, so that a page of bytes neither waits for it nor makes its cold start longer. */
  #console(config: DeployConfig): ServiceFunction {
    return new ServiceFunction(this, 'Console', {
      config,
      door: 'console',
      files: consoleSite(),
      name: 'console',
      description: 'Serves the console, a web page that calls the API',
      memoryMb: 256,
      timeoutSeconds: 10,
      environment: {},
    });
  }

  #keyAuthorizer(config: DeployConfig, data: DataStack): HttpLambdaAuthorizer {
    const authorizer = new ServiceFunction(this, 'Authorizer', {
      config,
      door: 'authorizer',
      name: 'authorizer',
      description: 'Finds the tenant and scopes of an API key',
      memoryMb: 256,
      ...reserved(config.apiConcurrency.authorizer),
      timeoutSeconds: 10,
      environment: { accessTable: data.access.tableName },
    });
    authorizer.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [data.access.tableArn] }),
    );
    return new HttpLambdaAuthorizer('KeyAuthorizer', authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(AUTHORIZER_CACHE_SECONDS),
    });
  }
}

/** API Gateway itself checks the tokens; the router reads the tenant and scopes out of their claims. */
const tokenAuthorizer = ({ issuer, audience }: NonNullable<DeployConfig['jwt']>): HttpJwtAuthorizer =>
  new HttpJwtAuthorizer('TokenAuthorizer', issuer, { jwtAudience: audience });

/** Returns the limits of a tenant that has no key to say them. */
const limitsOf = ({ rate, open }: NonNullable<DeployConfig['jwt']>) => ({
  ...(rate === undefined ? {} : { ratePerSecond: rate }),
  ...(open === undefined ? {} : { maxOpenTasks: open }),
});

/** Returns what the doors of the API have to know of tokens, where callers come with them. */
const tokenEnvironment = ({ jwt }: DeployConfig) =>
  jwt === undefined ? {} : { tenantClaim: jwt.tenantClaim, tenantLimits: JSON.stringify(limitsOf(jwt)) };

const ofDynamo = (action: string): string => `dynamodb:${action}`;

const reserved = (environments: number | undefined) =>
  environments === undefined ? {} : { reservedConcurrency: environments };

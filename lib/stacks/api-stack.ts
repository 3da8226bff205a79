import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, type HttpMethod, HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { FALLBACK_ROUTE, OPEN_ROUTES, RESOURCE_CLASSES, ROUTES } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { laneArns, queueUrlPrefix } from '../constructs/executor-pool.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { DataStack } from './data-stack.ts';

/** How long API Gateway remembers what a key may do, and so how long a revoked key still works. */
const AUTHORIZER_CACHE_SECONDS = 60;

/** What callers reach: the HTTP API, its router and the authorizer of its keys. */
export class ApiStack extends Stack {
  readonly apiId: string;

  constructor(scope: Construct, id: string, { config, data }: { config: DeployConfig; data: DataStack }) {
    super(scope, id, { stackName: id, description: 'Millrace: the HTTPS API' });
    const router = this.#router(config, data);
    const authorizer = this.#authorizer(config, data);
    const api = new HttpApi(this, 'Api', { apiName: config.name });
    // One permission for the whole API: one a route would outgrow the function's policy.
    const integration = new HttpLambdaIntegration('Router', router, { scopePermissionToRoute: false });
    const add = (key: string, routeAuthorizer: IHttpRouteAuthorizer): void => {
      const [method, path = ''] = key.split(' ');
      api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer: routeAuthorizer });
    };
    for (const key of OPEN_ROUTES) add(key, new HttpNoneAuthorizer());
    for (const key of [...Object.keys(ROUTES), FALLBACK_ROUTE]) add(key, authorizer);
    this.apiId = api.apiId;
    new CfnOutput(this, 'ApiUrl', { value: api.apiEndpoint });
    new CfnOutput(this, 'ApiId', { value: api.apiId });
  }

  #router(config: DeployConfig, data: DataStack): ServiceFunction {
    const router = new ServiceFunction(this, 'Router', {
      config,
      door: 'router',
      name: 'router',
      description: 'Answers the API: accepts tasks and tells of them',
      memoryMb: 512,
      timeoutSeconds: 29,
      environment: { ...data.taskEnvironment, queueUrlPrefix: queueUrlPrefix(this, config) },
    });
    data.tasks.grant(router, 'dynamodb:PutItem', 'dynamodb:GetItem');
    data.grantPayloads(router);
    router.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: RESOURCE_CLASSES.flatMap((resourceClass) => laneArns(this, config, resourceClass)),
      }),
    );
    return router;
  }

  #authorizer(config: DeployConfig, data: DataStack): HttpLambdaAuthorizer {
    const authorizer = new ServiceFunction(this, 'Authorizer', {
      config,
      door: 'authorizer',
      name: 'authorizer',
      description: 'Finds the tenant and scopes of an API key',
      memoryMb: 256,
      timeoutSeconds: 10,
      environment: { accessTable: data.access.tableName },
    });
    data.access.grant(authorizer, 'dynamodb:GetItem');
    return new HttpLambdaAuthorizer('KeyAuthorizer', authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(AUTHORIZER_CACHE_SECONDS),
    });
  }
}

import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { DynamoAccessStore } from '../adapters/dynamo/access-store.ts';
import { dynamoClient } from '../runtime/clients.ts';
import { env } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { type AuthorizerContext, authorize } from './authorize.ts';

const access = new DynamoAccessStore(dynamoClient(), env('accessTable'));

/** Lets every request pass, with what is known of its caller: the router answers those without a tenant (see there). */
export const handler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>> => {
  const context = await authorize(event.identitySource?.[0], access);
  log('info', 'authorized', { tenant: context.tenantId ?? null });
  return { isAuthorized: true, context };
};

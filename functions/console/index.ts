import { join } from 'node:path';
import type { APIGatewayProxyHandlerV2 } from 'aws-lambda';
import { CONSOLE_SITE } from '../contract.ts';
import { log } from '../runtime/log.ts';
import { serve } from './serve.ts';
import { readSite } from './site.ts';

const site = readSite(join(import.meta.dirname, CONSOLE_SITE));

export const handler: APIGatewayProxyHandlerV2 = async ({ routeKey, pathParameters, headers }) => {
  const response = serve({ name: pathParameters?.proxy, headers }, site);
  log('info', 'request', { route: routeKey, status: response.statusCode });
  return response;
};

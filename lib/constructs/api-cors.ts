import { Duration } from 'aws-cdk-lib';
import type { CorsHttpMethod, CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { ROUTES } from '../../functions/contract.ts';

/** Returns the methods that routes have. */
const methods = (): CorsHttpMethod[] => [
  ...new Set(Object.keys(ROUTES).map((key) => key.split(' ')[0] as CorsHttpMethod)),
];

/** Lets pages of other origins call the API, with what its clients send and read; `undefined` where there are none. */
export const corsOf = (origins: readonly string[]): CorsPreflightOptions | undefined =>
  origins.length === 0
    ? undefined
    : {
        allowOrigins: [...origins],
        allowMethods: methods(),
        allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
        exposeHeaders: ['location', 'idempotent-replayed', 'millrace-waiting', 'retry-after'],
        maxAge: Duration.days(1),
      };

import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { WAITER_ROUTE } from '../contract.ts';
import { type Authorization, answerer } from '../router/answer.ts';
import { getTask } from '../router/routes/get-task.ts';
import { TraceSampler } from '../router/trace-sampler.ts';
import { dynamoClient } from '../runtime/clients.ts';
import { functionName, tracedShare } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { surviveStrayErrors } from '../runtime/stray-errors.ts';
import { traced, xrayTracing } from '../runtime/tracing/xray-tracing.ts';
import { endOf, waiterPorts } from '../runtime/wiring.ts';

const meter = new EmfMeter();
surviveStrayErrors('waiter', meter);

const ports = {
  ...waiterPorts(traced(dynamoClient(meter)), meter),
  tracing: xrayTracing,
  functionName: functionName(),
  sampler: new TraceSampler({ share: tracedShare(), clock: Date.now, random: Math.random }),
};
const answer = answerer<typeof ports>({ [WAITER_ROUTE]: getTask });

/** Reads single tasks. It waits apart from the router, which shows them by the same code. */
export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = (event, context) =>
  answer(event, ports).finally(endOf('waiter', meter, context));

import type { Meter } from '../core/ports.ts';

type Next = (args: never) => Promise<unknown>;
type CallContext = { readonly clientName?: string; readonly commandName?: string };

/** Every client of AWS has this of the middleware stack, whatever its inputs and outputs. */
type TimedClient = {
  readonly middlewareStack: {
    add(middleware: (next: Next, context: CallContext) => Next, options: { step: 'initialize'; name: string }): void;
  };
};

/** Records how long each call of an AWS client takes, whether it succeeds or fails. */
export function timed<T extends object>(client: T, meter: Meter | undefined): T {
  if (meter === undefined) return client;
  const { middlewareStack } = client as TimedClient;
  middlewareStack.add(
    (next, context) => {
      const operation = operationOf(context);
      return async (args) => {
        const started = performance.now();
        try {
          return await next(args);
        } finally {
          meter.record(operation, 'awsCall', performance.now() - started);
        }
      };
    },
    { step: 'initialize', name: 'timed' },
  );
  return client;
}

/** `DynamoDBClient` and `PutItemCommand` -> `DynamoDB.PutItem`. */
const operationOf = ({ clientName = '', commandName = '' }: CallContext): string =>
  `${clientName.replace(/Client$/, '')}.${commandName.replace(/Command$/, '')}`;

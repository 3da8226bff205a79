/**
 * One environment of a function, as Lambda has it: a process that handles one event at a time. Its argument is the function's bundle;
 * its parent sends it events, and is told what the handler answers.
 */
import type { Context } from 'aws-lambda';

type Result = { readonly statusCode: number; readonly headers?: Readonly<Record<string, string>> };
export type Handled = Pick<Result, 'statusCode' | 'headers'> & { readonly body: string };

const [, , file = ''] = process.argv;
const { handler } = (await import(file)) as {
  handler: (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<Handled>;
};
process.on('message', async (event) => {
  const { statusCode, headers, body } = await handler(event, { getRemainingTimeInMillis: () => 29_000 });
  process.send?.({ statusCode, headers, body });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

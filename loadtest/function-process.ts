/**
 * Environments of a function in a process: its argument is the function's bundle. Its parent sends it events, and is told what the handler
 * answers to each.
 */
import type { Context } from 'aws-lambda';

export type Handled = {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};
export type Asked = { readonly id: number; readonly event: unknown };
export type Answered = { readonly id: number; readonly answer: Handled };

const [, , file = ''] = process.argv;
const { handler } = (await import(file)) as {
  handler: (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<Handled>;
};
process.on('message', async ({ id, event }: Asked) => {
  const { statusCode, headers, body } = await handler(event, { getRemainingTimeInMillis: () => 29_000 });
  process.send?.({ id, answer: { statusCode, headers, body } });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

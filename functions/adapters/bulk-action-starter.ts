import type { LambdaClient } from '@aws-sdk/client-lambda';

/** Calls the function that carries out bulk actions, and does not wait for it. Its client is loaded when it is first called. */
export const bulkActionStarter =
  (loadClient: () => Promise<LambdaClient>, functionName: string) => async (): Promise<void> => {
    const { InvokeCommand } = await import('@aws-sdk/client-lambda');
    const lambda = await loadClient();
    await lambda.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event' }));
  };

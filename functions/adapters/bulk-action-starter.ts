import type { Lambda } from '@aws-sdk/client-lambda';

/** Calls the function that carries out bulk actions, and does not wait for it. Its client is loaded when it is first called. */
export const bulkActionStarter =
  (loadClient: () => Promise<Pick<Lambda, 'invoke'>>, functionName: string) => async (): Promise<void> => {
    const lambda = await loadClient();
    await lambda.invoke({ FunctionName: functionName, InvocationType: 'Event' });
  };

import type { EventSourceMappingConfiguration, Lambda } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { LambdaEventSources } from '../../../functions/adapters/event-sources.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:millrace-executor-default-0';

const found = (...mappings: EventSourceMappingConfiguration[]) =>
  new LambdaEventSources(
    { listEventSourceMappings: async () => ({ EventSourceMappings: mappings }) } as unknown as Lambda,
    'arn:aws:sqs:us-east-1:123456789012:millrace-',
  ).find('default-high-0', 'executor-default-0');

const mapping = (UUID: string, State: string, FunctionArn = `${FUNCTION}:live`) => ({ UUID, State, FunctionArn });

test.each([
  ['works, not one that is going', [mapping('old', 'Deleting'), mapping('new', 'Enabled')], 'new', true],
  ['works, not one that is made', [mapping('new', 'Creating'), mapping('old', 'Updating')], 'old', false],
  [
    'calls our executor, by its alias or not',
    [mapping('other', 'Enabled', `${FUNCTION}1`), mapping('ours', 'Enabled', FUNCTION)],
    'ours',
    true,
  ],
  ['is there at all, though it may not be changed', [mapping('going', 'Deleting')], 'going', false],
])('the event source of a lane is the one that %s', async (_, mappings, id, isSettled) => {
  expect(await found(...mappings)).toMatchObject({ id, isSettled });
});

test('a lane from which only a function of others takes has none', async () => {
  await expect(found(mapping('other', 'Enabled', `${FUNCTION}1:live`))).rejects.toThrow(
    'nothing takes from arn:aws:sqs:us-east-1:123456789012:millrace-default-high-0 for millrace-executor-default-0',
  );
});

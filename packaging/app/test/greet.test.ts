import { runTask } from 'millrace/testing';
import { expect, test } from 'vitest';
import { greet } from '../tasks/greet.ts';

test('greets whom it is told to', async () => {
  const { output } = await runTask(greet, { name: 'Ada' });
  expect(output).toEqual({ greeting: 'Hello Ada' });
});

test('greets not everybody', async () => {
  const { error } = await runTask(greet, { name: 'Voldemort' });
  expect(error).toMatchObject({ code: 'unspeakable', retryable: false });
});

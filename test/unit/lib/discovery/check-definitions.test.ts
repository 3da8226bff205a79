import { describe, expect, test } from 'vitest';
import { RESOURCE_CLASSES } from '../../../../functions/contract.ts';
import { DEFAULT_RETRY } from '../../../../functions/core/task/retry.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { problemsOf } from '../../../../lib/discovery/check-definitions.ts';
import type { FoundDefinition } from '../../../../lib/discovery/inspection.ts';
import { discovered } from '../../../doubles/shipped-tasks.ts';

const greet: FoundDefinition = {
  type: 'greet',
  description: 'Greets',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: DEFAULT_RETRY,
  isolated: false,
  fansOut: false,
  inputSchema: {},
  file: 'tasks/greet.ts',
  exportName: 'greet',
};

const longestOf = (resources: (typeof RESOURCE_CLASSES)[number]) =>
  RESOURCE_CLASS_SPECS[resources]?.timeoutSeconds ?? 0;

/** Returns the one thing that is said of a definition, without its file; nothing where it is as it may be. */
function told(changes: object): string | undefined {
  const [sentence, ...more] = problemsOf([{ ...greet, ...changes }], RESOURCE_CLASS_SPECS);
  expect(more).toEqual([]);
  expect(sentence?.startsWith('tasks/greet.ts: ') ?? true).toBe(true);
  return sentence?.slice('tasks/greet.ts: '.length);
}

describe('checking the task definitions', () => {
  test('passes those that ship', () => {
    expect(problemsOf(discovered.definitions, RESOURCE_CLASS_SPECS)).toEqual([]);
  });

  test.each(RESOURCE_CLASSES)('passes the longest timeout of %s, and refuses one second more', (resources) => {
    const longest = longestOf(resources);
    expect(told({ resources, timeoutSeconds: longest })).toBeUndefined();
    expect(told({ resources, timeoutSeconds: longest + 1 })).toBe(
      `the task type greet asks for timeoutSeconds ${longest + 1}, ` +
        `but its class ${resources} gives an attempt at most ${longest} s`,
    );
  });

  test('takes the classes of the deployment', () => {
    const reports = { ...greet, resources: 'reports', timeoutSeconds: 600 } as unknown as FoundDefinition;
    expect(problemsOf([reports], { reports: { timeoutSeconds: 600 } })).toEqual([]);
    expect(problemsOf([reports], { reports: { timeoutSeconds: 599 } })).toHaveLength(1);
    expect(problemsOf([greet], { reports: { timeoutSeconds: 600 } })).toEqual([
      'tasks/greet.ts: the task type greet has the resources "default", which must be one of reports',
    ]);
  });

  test.each([0, -1, Number.NaN])('refuses a timeout of %d', (timeoutSeconds) => {
    expect(told({ timeoutSeconds })).toBe(
      `the task type greet asks for timeoutSeconds ${timeoutSeconds}, which must be more than 0`,
    );
  });

  test.each([0, -1, 1.5, 21, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d attempts', (maxAttempts) => {
    expect(told({ retry: { ...DEFAULT_RETRY, maxAttempts } })).toBe(
      `the task type greet asks for retry.maxAttempts ${maxAttempts}, which must be a whole number from 1 to 20`,
    );
  });

  test.each(['baseDelaySeconds', 'maxDelaySeconds'] as const)('refuses no delay for retry.%s', (field) => {
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(told({ retry: { ...DEFAULT_RETRY, [field]: delay } })).toBe(
        `the task type greet asks for retry.${field} ${delay}, which must be a number that is not negative`,
      );
    }
  });

  test.each([0, -1, 1.5, 366, Number.NaN, '14'])('refuses %s days of retention', (retentionDays) => {
    expect(told({ retentionDays: retentionDays as number })).toBe(
      `the task type greet asks for retentionDays ${retentionDays}, which must be a whole number from 1 to 365`,
    );
  });

  test.each([1, 365, undefined])('passes %s days of retention', (retentionDays) => {
    expect(told({ ...(retentionDays !== undefined && { retentionDays }) })).toBeUndefined();
  });

  test.each([1, 20])('passes %d attempts without a delay', (maxAttempts) => {
    expect(told({ retry: { maxAttempts, baseDelaySeconds: 0, maxDelaySeconds: 0 } })).toBeUndefined();
  });

  test.each([
    ['type', 'Greet Me!', '"Greet Me!", which must be words of lower-case letters'],
    ['type', 'millrace.webhook', '"millrace.webhook", which must be another name'],
    ['resources', 'huge', '"huge", which must be one of default, io-intensive'],
    ['resources', 'toString', '"toString", which must be one of default, io-intensive'],
    ['priority', 'urgent', '"urgent", which must be one of high, normal, low'],
  ])('refuses the %s %s', (field, value, reason) => {
    const type = field === 'type' ? value : 'greet';
    expect(told({ [field]: value })).toContain(`the task type ${type} has the ${field} ${reason}`);
  });

  test('hands on what the inspecting process has seen', () => {
    expect(told({ mistake: 'the task type greet has the run "hello"' })).toBe(
      'the task type greet has the run "hello"',
    );
  });

  const toldOfBatch = (changes: object) => told({ batch: { maxSize: 10, windowSeconds: 1 }, ...changes });

  test.each([
    [0, 1],
    [1001, 1],
    [2.5, 1],
    [Number.NaN, 1],
  ])('refuses batches of %d', (maxSize, windowSeconds) => {
    expect(toldOfBatch({ batch: { maxSize, windowSeconds } })).toBe(
      `the task type greet asks for batch.maxSize ${maxSize}, which must be a whole number from 1 to 1000`,
    );
  });

  test.each([
    [10, -1, 'a whole number from 0 to 300'],
    [10, 301, 'a whole number from 0 to 300'],
    [10, 0.5, 'a whole number from 0 to 300'],
    [11, 0, 'at least 1 for a maxSize over 10'],
  ])('refuses for batches of %d a window of %d s', (maxSize, windowSeconds, expected) => {
    expect(toldOfBatch({ batch: { maxSize, windowSeconds } })).toBe(
      `the task type greet asks for batch.windowSeconds ${windowSeconds}, which must be ${expected}`,
    );
  });

  test.each([
    [1, 0],
    [10, 0],
    [1000, 300],
  ])('passes batches of %d with a window of %d s', (maxSize, windowSeconds) => {
    expect(toldOfBatch({ batch: { maxSize, windowSeconds } })).toBeUndefined();
  });

  test('refuses batches in threads, and of what fans out', () => {
    expect(toldOfBatch({ isolated: true })).toBe(
      'the task type greet has batch, and is isolated, in a thread that runs one task at a time: leave one of them out',
    );
    expect(toldOfBatch({ resources: 'cpu-intensive', isolated: true })).toBe(
      'the task type greet has batch, and is isolated, as types of cpu-intensive are unless they say isolated: false, ' +
        'in a thread that runs one task at a time: leave one of them out',
    );
    expect(toldOfBatch({ resources: 'cpu-intensive', isolated: false })).toBeUndefined();
    expect(toldOfBatch({ fansOut: true })).toBe(
      'the task type greet has batch, and fanOut, which is for the outcome of one task: leave one of them out',
    );
  });

  test.each([true, false])('refuses credentials: %s of a handler that has them, whatever it says', (credentials) => {
    expect(told({ credentials, isolated: true })).toBeUndefined();
    expect(told({ credentials, isolated: false })).toBe(
      `the task type greet says credentials: ${credentials}, and is not isolated: only a thread of its own can be without those of its class`,
    );
  });

  test('refuses two of one name, and says where both are', () => {
    const other = { ...greet, file: 'tasks/more/hello.ts', exportName: 'hello' };
    expect(problemsOf([greet, other], RESOURCE_CLASS_SPECS)).toEqual([
      'the task type greet is defined twice, in tasks/greet.ts (greet) and in tasks/more/hello.ts (hello): ' +
        'give one of them another name',
    ]);
  });
});

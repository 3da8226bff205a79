import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { ProblemDocument } from '../../../client/answers.ts';
import type {
  Client,
  Key,
  MillraceError,
  Schedule,
  ScheduleSummary,
  Submitted,
  Task,
  TaskSummary,
  Webhook,
} from '../../../entries/client.ts';
import { DEFAULT_RETRY, defineTask } from '../../../entries/index.ts';
import type { ProblemDocument as DocumentedProblem } from '../../../functions/router/http/problem.ts';
import type { keySchema } from '../../../functions/router/keys/list-keys.ts';
import type { TaskSummaryView, TaskView } from '../../../functions/router/routes/task-view.ts';
import type { scheduleSchema, scheduleSummarySchema } from '../../../functions/router/schedules/schedule-view.ts';
import type { webhookSchema } from '../../../functions/router/webhooks/webhook-view.ts';
import type { markdownRender } from '../../../tasks/markdown-render/definition.ts';

const base = {
  description: '',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: DEFAULT_RETRY,
} as const;

const render = defineTask({
  ...base,
  type: 'render',
  input: z.strictObject({ text: z.string(), width: z.int().default(80) }),
  run: async ({ text, width }) => ({ lines: text.split('\n').length, width, at: new Date() }),
});
const count = defineTask({
  ...base,
  type: 'count',
  input: z.strictObject({ text: z.string() }),
  batch: { maxSize: 10, windowSeconds: 1 },
  run: async (items) => items.map(({ input }) => (input.text === '' ? new Error('empty') : input.text.length)),
});

declare const client: Client;

// What is declared in these tests is for the compiler, which `npm run lint` runs: none of it is called.
describe('a submit', () => {
  const submits = async () => {
    const task = await client.submit<typeof render>(
      'render',
      { text: 'a' },
      { idempotencyKey: 'k', runAt: new Date() },
    );
    const { output } = await client.result(task);
    const rendered = await client.result<typeof markdownRender>('some-id');
    return { task, output, html: rendered.output };
  };
  type Made = Awaited<ReturnType<typeof submits>>;

  it('knows the input and the output of a type, as JSON carries them', () => {
    expectTypeOf<Made['output']>().toEqualTypeOf<{
      readonly lines: number;
      readonly width: number;
      readonly at: string;
    }>();
    expectTypeOf<Made['html']>().toEqualTypeOf<{ html: string }>();
    expectTypeOf<Made['task']['type']>().toEqualTypeOf<'render'>();
  });

  it('takes no other input, and no other name', () => {
    const wrong = [
      // @ts-expect-error the type has another name
      () => client.submit<typeof render>('count', { text: 'a' }),
      // @ts-expect-error its text is no number
      () => client.submit<typeof render>('render', { text: 7 }),
      // @ts-expect-error there is no such option
      () => client.submit('render', { text: 'a' }, { prio: 'high' }),
      // @ts-expect-error it has no output before it has ended
      async () => (await client.get<typeof render>('id')).output.lines,
    ];
    expectTypeOf(wrong).toBeArray();
  });

  it('of a type that is not told takes and gives anything', () => {
    const any = async () => (await client.result(await client.submit('some.type', { a: 1 }))).output;
    expectTypeOf<Awaited<ReturnType<typeof any>>>().not.toBeNever();
    expectTypeOf<null>().toExtend<Awaited<ReturnType<typeof any>>>();
  });
});

describe('a bulk submit', () => {
  const bulk = async () => {
    const [first] = await client.submitAll<typeof render | typeof count>([
      { type: 'render', input: { text: 'a', width: 3 }, priority: 'high' },
      { type: 'count', input: { text: 'a' } },
    ]);
    if (first?.status !== 'accepted') return undefined;
    const task = await client.result(first.task);
    return task.type === 'render' ? task.output.lines : task.output;
  };

  it('of several types knows each by its name, and its output', () => {
    expectTypeOf<Awaited<ReturnType<typeof bulk>>>().toEqualTypeOf<number | undefined>();
    const wrong = [
      // @ts-expect-error this is the input of the other type
      () => client.submitAll<typeof render | typeof count>([{ type: 'count', input: { text: 'a', width: 3 } }]),
    ];
    expectTypeOf(wrong).toBeArray();
  });

  it('says of a refusal what a single submit throws', () => {
    expectTypeOf<Extract<Submitted, { status: 'rejected' }>['error']>().toEqualTypeOf<MillraceError>();
  });
});

describe('what is answered', () => {
  it('is what the API documents', () => {
    expectTypeOf<TaskSummary>().toExtend<TaskSummaryView>();
    expectTypeOf<keyof TaskSummary>().toEqualTypeOf<keyof TaskSummaryView>();
    expectTypeOf<Exclude<keyof Task, symbol>>().toEqualTypeOf<keyof TaskView>();
    expectTypeOf<keyof ScheduleSummary>().toEqualTypeOf<keyof z.infer<ReturnType<typeof scheduleSummarySchema>>>();
    expectTypeOf<keyof Schedule>().toEqualTypeOf<keyof z.infer<ReturnType<typeof scheduleSchema>>>();
    expectTypeOf<keyof Key>().toEqualTypeOf<keyof z.infer<ReturnType<typeof keySchema>>>();
    expectTypeOf<keyof Webhook>().toEqualTypeOf<keyof z.infer<ReturnType<typeof webhookSchema>>>();
    expectTypeOf<keyof ProblemDocument>().toEqualTypeOf<keyof DocumentedProblem>();
  });
});

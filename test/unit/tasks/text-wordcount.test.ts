import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FanOut, type SubtaskResult, type TaskDefinition } from '../../../functions/core/define-task.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import { textWordcount, textWordcountPart } from '../../../tasks/text-wordcount/definition.ts';
import { attempt, issuesOf, taskContext } from './task-context.ts';

const whole = textWordcount as TaskDefinition;

/** Runs the task and, where it fans out, its subtasks and what combines them. */
async function counted(input: { text: string; parts?: number }): Promise<JsonValue> {
  const output = await attempt(whole, input);
  if (!(output instanceof FanOut)) return output;
  const results = await Promise.all(
    output.subtasks.map(async ({ type, input: part }): Promise<SubtaskResult> => {
      expect(type).toBe('text.wordcount.part');
      const counts = await attempt(textWordcountPart as TaskDefinition, part);
      return { status: 'succeeded', output: counts as JsonValue };
    }),
  );
  return textWordcount.fanOut?.combine(results, input, taskContext()) ?? null;
}

describe('text.wordcount', () => {
  test('counts the words and names the ten most frequent, of equals the first in the alphabet', async () => {
    expect(await counted({ text: "The cat saw the dog; the dog didn't see l’été 2 2." })).toEqual({
      words: 12,
      top: [
        { word: 'the', count: 3 },
        ...['2', 'dog'].map((word) => ({ word, count: 2 })),
        ...['cat', "didn't", 'l’été', 'saw', 'see'].map((word) => ({ word, count: 1 })),
      ],
    });
  });

  test.each(['', ' \n', '…'])('finds no words in %j', async (text) => {
    expect(await counted({ text })).toEqual({ words: 0, top: [] });
  });

  test('finds the same however the text is split', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'Bee', 'sea', 'été', '😀', '\n', ', ', ' '), { maxLength: 200 }),
        fc.integer({ min: 1, max: 60 }),
        async (pieces, parts) => {
          const text = pieces.join(' ');
          expect(await counted({ text, parts })).toEqual(await counted({ text, parts: 1 }));
        },
      ),
    );
  });

  test('splits a long text into parts, between words, and loses none of it', async () => {
    const text = 'word '.repeat(40_000);
    const output = await attempt(whole, { text });
    if (!(output instanceof FanOut)) throw new Error('it does not fan out');
    expect(output.subtasks).toHaveLength(4);
    expect(output.subtasks.map(({ input }) => (input as { text: string }).text).join('')).toBe(text);
  });

  test('takes 1 to 1,000 parts', async () => {
    expect(await issuesOf(whole, { text: 'a', parts: 0 })).toHaveLength(1);
    expect(await issuesOf(whole, { text: 'a', parts: 1001 })).toHaveLength(1);
  });
});

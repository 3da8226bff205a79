import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runFanOut, runTask } from '../../../entries/testing.ts';
import type {
  FanOut,
  SingleTaskDefinition,
  SubtaskResult,
  TaskDefinition,
} from '../../../functions/core/define-task.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { textWordcount, textWordcountPart } from '../../../tasks/text-wordcount/definition.ts';
import { partsOf } from '../../../tasks/text-wordcount/parts-of.ts';
import { issuesOf, taskContext } from './task-context.ts';

const whole = textWordcount as TaskDefinition;

/** Runs the task and, where it fans out, its subtasks and what combines them. Throws the error of one that fails. */
async function counted(input: { text: string; parts?: number }) {
  const { output, error } = await runFanOut(textWordcount, input, { tasks: [textWordcountPart] });
  if (output === undefined) throw Object.assign(new Error(error?.message), error);
  return output;
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

  test.each([
    ['हिन्दी विकिपीडिया', ['विकिपीडिया', 'हिन्दी']],
    ['cafe\u0301 cafe\u0301s café', ['café', 'café', 'cafés']],
    ['İstanbul istanbul ISTANBUL', ['istanbul', 'istanbul', 'i̇stanbul']],
    ['السَّلامُ عليكم', ['السَّلامُ', 'عليكم']],
    ['co\u00adoperate cooperate', ['cooperate', 'cooperate']],
    ['\ufeffone\ufeff \u200eone\u200f', ['one', 'one']],
    ['نمی\u200cخواهم', ['نمی\u200cخواهم']],
    ['क्\u200dष', ['क्\u200dष']],
    ['ΟΔΟΣ οδος', ['οδος', 'οδος']],
    ['今天天气很好。', ['今天', '天气', '很好']],
    ['สวัสดีครับ', ['ครับ', 'สวัสดี']],
    ['3.14 1,000 snake_case __ - 👩‍❤️‍👨', ['1,000', '3.14', 'snake_case']],
  ])('finds words in any script, however they are encoded: %j', async (text, words) => {
    const { top } = await counted({ text });
    expect(top.flatMap(({ word, count }) => Array(count).fill(word)).toSorted()).toEqual(
      words.map((word) => word.normalize('NFC')).toSorted(),
    );
    expect(await counted({ text: text.normalize('NFD') })).toEqual(await counted({ text }));
  });

  const cases: { text: string; words: number; top?: Record<string, number> }[] = JSON.parse(
    readFileSync(new URL('../../cases/text/words.json', import.meta.url), 'utf8'),
  );
  test.each(cases)('counts the words of $text', async ({ text, words, top = {} }) => {
    const output = await counted({ text });
    expect(output.words).toBe(words);
    for (const [word, count] of Object.entries(top)) expect(output.top).toContainEqual({ word, count });
  });

  test('finds the same however the text is split', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        'Bee',
        'sea',
        'été',
        'e\u0301',
        '\u0301',
        '1,000',
        '3.14',
        'Σ',
        '1\u202f000',
        "l'",
        '’',
        '\ufeff',
      ),
      fc.constantFrom(
        'न',
        '्',
        '\u200d',
        '\u200c',
        '\u00ad',
        '😀',
        '👩',
        '👍',
        '🏽',
        '🇩',
        '今天天气',
        'สวัสดีครับ',
        'ｶ',
        '\uff9e',
      ),
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        ', ',
        ' ',
        '\t',
        '\u00a0',
        '\u3000',
        '。',
        '(',
        ')',
        '!',
        '#',
        '*',
        '\ufe0f',
        '\u20e3',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const longText = fc
      .tuple(fc.array(piece, { minLength: 50, maxLength: 300 }), fc.integer({ min: 2, max: 5 }))
      .map(([pieces, times]) => pieces.join('').repeat(times * Math.ceil(1_000 / (pieces.join('').length + 1))));
    await fc.assert(
      fc.asyncProperty(longText, fc.integer({ min: 2, max: 60 }), async (text, parts) => {
        const whole = await counted({ text, parts: 1 });
        expect(await counted({ text, parts })).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['blanks', 'word '],
    ['line ends', 'word\r\n'],
    ['accents behind blanks', 'e \u0301 '],
    ['emoji of several', '👩‍❤️‍👨 🇩🇪 1️⃣'],
    ['Chinese', '今天天气很好。'],
    ['base64', 'aGVsbG8/d29ybGQ+'],
  ])('cuts no word and no grapheme of %s', async (_, piece) => {
    const text = piece.repeat(Math.ceil(120_000 / piece.length));
    const split = partsOf(text, 60) ?? [];
    expect(split.length).toBeGreaterThan(50);
    expect(split.join('')).toBe(text);
    for (const granularity of ['grapheme', 'word'] as const) {
      const segmenter = new Intl.Segmenter('und', { granularity });
      const boundaries = new Set([...segmenter.segment(text)].map(({ index }) => index));
      let end = 0;
      for (const part of split.slice(0, -1)) {
        end += part.length;
        // Blanks that stand together are one segment, and no word.
        expect(boundaries.has(end) || /\s\s/.test(text.slice(end - 1, end + 1))).toBe(true);
      }
    }
  });

  test('has parts of 50,000 characters at most, whatever is asked for', async () => {
    await fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 49_999 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 1_000 }),
        (lengths, asked) => {
          const text = lengths
            .map((length) => 'x'.repeat(length))
            .join(' ')
            .slice(0, 2_000_000);
          const split = partsOf(text, asked) ?? [];
          expect(split.join('')).toBe(text);
          expect(Math.max(...split.map(({ length }) => length))).toBeLessThanOrEqual(50_000);
          expect(split.length).toBeLessThanOrEqual(1_000);
        },
      ),
    );
  });

  test('is not split for the number of parts alone', () => {
    expect(partsOf('word '.repeat(390), 1_000)).toHaveLength(1);
    expect(partsOf('word '.repeat(1_000), 1_000)).toHaveLength(5);
    expect(partsOf('word '.repeat(400_000), 1_000)).toHaveLength(1_000);
  });

  test.each([
    ['a word', 'x'.repeat(50_001)],
    ['a text without blanks', '今'.repeat(50_001)],
    ['a word at the end', `${'word '.repeat(20_000)}${'x'.repeat(50_001)}`],
  ])('fails clearly where %s is too long to be a part', async (_, text) => {
    await expect(counted({ text })).rejects.toMatchObject({ code: 'invalid_text', retryable: false });
    expect(await counted({ text: 'x'.repeat(50_000), parts: 9 })).toMatchObject({ words: 1 });
  });

  test('takes no more than 50,000 characters as a part of another', async () => {
    expect(await issuesOf(textWordcountPart as TaskDefinition, { text: 'x'.repeat(50_001) })).toHaveLength(1);
  });

  test('splits a long text into parts, between words, and loses none of it', async () => {
    const text = 'word '.repeat(40_000);
    const { subtasks = [] } = await runTask(textWordcount, { text }, { tasks: [textWordcountPart] });
    expect(subtasks).toHaveLength(4);
    expect(subtasks.map(({ input }) => (input as { text: string }).text).join('')).toBe(text);
  });

  test('takes 1 to 1,000 parts', async () => {
    expect(await issuesOf(whole, { text: 'a', parts: 0 })).toHaveLength(1);
    expect(await issuesOf(whole, { text: 'a', parts: 1001 })).toHaveLength(1);
  });
});

test('ten long texts keep no timer from its turn', { timeout: 120_000 }, async () => {
  const { isolate } = new HandlerThreads(
    new URL('../../doubles/shipped-thread.ts', import.meta.url),
    { outboundHosts: '' },
    () => {},
    RESOURCE_CLASS_SPECS,
  );
  const words = Array.from({ length: 100_000 }, (_, number) => number.toString(36).padStart(4, '0'));
  const input = { text: words.join(' ') };
  const contextOf = (type: string) => ({ ...taskContext(), task: { ...taskContext().task, type } });
  const part = contextOf('text.wordcount.part');
  const all = contextOf('text.wordcount');
  const count = async (): Promise<unknown> => {
    const output = await isolate(textWordcount as SingleTaskDefinition, { handler: 'run', input }, all);
    const results = await Promise.all(
      (output as FanOut).subtasks.map(async ({ input: text }): Promise<SubtaskResult> => {
        const call = { handler: 'run', input: text } as const;
        const counts = await isolate(textWordcountPart as SingleTaskDefinition, call, part);
        return { status: 'succeeded', output: counts as JsonValue };
      }),
    );
    return isolate(textWordcount as SingleTaskDefinition, { handler: 'combine', input, results }, all);
  };
  const started = performance.now();
  let [last, longest] = [started, 0];
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 20);
  const outputs = await Promise.all(Array.from({ length: 10 }, count));
  clearInterval(beat);
  expect(outputs).toEqual(Array(10).fill(expect.objectContaining({ words: 100_000 })));
  // Counted in this thread, the ten would take nearly all of the time at a stretch.
  expect(longest).toBeLessThan((performance.now() - started) / 3);
});

import { expect, test } from 'vitest';
import * as z from 'zod';
import { exampleInput } from '../../../local/example-task.ts';

const person = z.strictObject({
  name: z.string().min(1),
  age: z.int().min(1),
  isMember: z.boolean(),
  kind: z.enum(['guest', 'friend']),
  tags: z.array(z.string()),
  home: z.strictObject({ city: z.string().meta({ examples: ['Berlin'] }) }),
  nickname: z.string().optional(),
});

test('an example has what a schema requires, and is taken by it', () => {
  const example = exampleInput(
    z.toJSONSchema(person, { target: 'draft-2020-12' }) as Parameters<typeof exampleInput>[0],
  );
  expect(person.parse(example)).toEqual(example);
  expect(example).toMatchObject({ kind: 'guest', home: { city: 'Berlin' } });
  expect(example).not.toHaveProperty('nickname');
});

import { expect, it } from 'vitest';
import { waitsOf } from '../../faults/killed-attempts.ts';

const attempt = (task: string, number: number, second: number) => ({ task, attempt: number, at: second * 1000 });
const killed = (second: number, ...attempts: ReturnType<typeof attempt>[]) => ({ at: second * 1000, attempts });

const [first, other] = [attempt('a', 1, 0), attempt('b', 1, 25)];

it.each([
  ['once', [killed(1, first)], 28, { inAll: 27, sinceLastKill: 27 }],
  ['and runs too late', [killed(1, first)], 55, { inAll: 54, sinceLastKill: 54 }],
  [
    'while another executor is killed that cannot have its message',
    [killed(1, first), killed(9, other)],
    55,
    {
      inAll: 54,
      sinceLastKill: 54,
    },
  ],
  [
    'and its message with its next executor',
    [killed(1, first), killed(26, other)],
    55,
    {
      inAll: 54,
      sinceLastKill: 29,
    },
  ],
  [
    'and its message again and again',
    [killed(1, first), killed(26, other), killed(27, other), killed(51, other)],
    81,
    {
      inAll: 80,
      sinceLastKill: 30,
    },
  ],
  [
    'and another executor after it has run again',
    [killed(1, first), killed(40, other)],
    35,
    {
      inAll: 34,
      sinceLastKill: 34,
    },
  ],
])('the wait of a task whose attempt is killed %s', (_, kills, again, wait) => {
  expect(waitsOf(kills, [first, attempt('a', 2, again)])).toEqual([wait]);
});

it('a task whose end was just written waits for nothing', () => {
  expect(waitsOf([killed(1, first)], [first])).toEqual([]);
});

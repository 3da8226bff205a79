import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, encodeTask } from '../../../../functions/core/task/message.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { taskSeeds, tasks } from '../../../doubles/task-arbitraries.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const seed = taskSeed({ assignee: { type: 'user', id: 'u-1' }, workflowInstanceId: 'wf-1', traceHeader: '1-2-3' });
const changed = (part: Record<string, unknown>): string => JSON.stringify({ v: 1, tasks: [{ ...seed, ...part }] });
const without = (name: keyof typeof seed): string => {
  const { [name]: _, ...task } = seed;
  return JSON.stringify({ v: 1, tasks: [task] });
};
const deep = `${'['.repeat(2e5)}${']'.repeat(2e5)}`;

it('a message of a later version is neither ours nor malformed', () => {
  expect(decodeMessage(JSON.stringify({ v: 2, tasks: [] }))).toEqual({ result: 'newer' });
});

describe('a message that is none of ours is malformed, with a reason in one line', () => {
  it.each([
    ['nothing', '', 'the body is not JSON'],
    ['text', 'nonsense', 'the body is not JSON'],
    ['half a message', encodeMessage([encodeTask(seed)]).slice(0, -1), 'the body is not JSON'],
    [
      'deeper than the stack',
      encodeMessage([encodeTask(seed)]).replace('{"name":"Ada"}', deep),
      'the body is not JSON that can be read',
    ],
    ['null', 'null', 'the body: '],
    ['a list', '[]', 'the body: '],
    ['no version', JSON.stringify({ tasks: [seed] }), 'v: '],
    ['version 0', JSON.stringify({ v: 0, tasks: [seed] }), 'v: '],
    ['a version as text', JSON.stringify({ v: '1', tasks: [seed] }), 'v: '],
    ['no tasks', '{"v":1}', 'tasks: '],
    ['an empty list of tasks', '{"v":1,"tasks":[]}', 'tasks: '],
    ['a good task before one that is none', `{"v":1,"tasks":[${encodeTask(seed)},{}]}`, 'tasks.1.id: '],
    [
      'something beside the tasks',
      JSON.stringify({ v: 1, tasks: [seed], more: 1 }),
      'the body: has no "more"; there are: v, tasks',
    ],
    ['an unknown part', changed({ attempt: 1 }), 'tasks.0: has no "attempt"; there are: id, tenantId, '],
    [
      'an unknown part of many lines',
      changed({ 'a\nb\r\u2028\u0000c': 1 }),
      'tasks.0: has no "a b c"; there are: id, tenantId, ',
    ],
    ['an id that is none', changed({ id: 'x' }), 'tasks.0.id: is no task id'],
    ['a tenant that is none', changed({ tenantId: 'A#b' }), 'tasks.0.tenantId: is no tenant id'],
    ['an empty type', changed({ type: '' }), 'tasks.0.type: '],
    ['an unknown class', changed({ resourceClass: 'gpu' }), 'tasks.0.resourceClass: '],
    ['an unknown priority', changed({ priority: 'urgent' }), 'tasks.0.priority: '],
    ['no attempts', changed({ maxAttempts: 0 }), 'tasks.0.maxAttempts: '],
    ['half an attempt', changed({ maxAttempts: 1.5 }), 'tasks.0.maxAttempts: '],
    ['no time', changed({ timeoutSeconds: 0 }), 'tasks.0.timeoutSeconds: '],
    ['a bare input', changed({ input: { name: 'Ada' } }), 'tasks.0.input: '],
    ['no input', changed({ input: {} }), 'tasks.0.input: '],
    ['two inputs', changed({ input: { inline: 1, ref: 'x' } }), 'tasks.0.input: '],
    ['an empty reference', changed({ input: { ref: '' } }), 'tasks.0.input.ref: '],
    ['a time as text', changed({ createdAt: '2026-01-01' }), 'tasks.0.createdAt: '],
    ['half an assignee', changed({ assignee: { type: 'user' } }), 'tasks.0.assignee.id: '],
    ['a trace of null', changed({ traceHeader: null }), 'tasks.0.traceHeader: '],
  ])('%s', (_, body, reason) => {
    const decoded = decodeMessage(body, RESOURCE_CLASS_SPECS);
    if (decoded.result !== 'malformed') throw new Error('it was taken');
    expect(decoded.reason.slice(0, reason.length)).toBe(reason);
    expect(decoded.reason).toMatch(/^.{10,400}$/);
  });

  it.each([
    ...(['id', 'tenantId', 'type', 'resourceClass', 'priority', 'executorKey', 'maxAttempts'] as const),
    ...(['timeoutSeconds', 'input', 'fingerprint', 'createdAt'] as const),
  ])('a task without %s', (name) => {
    expect(decodeMessage(without(name))).toMatchObject({
      result: 'malformed',
      reason: expect.stringContaining(`tasks.0.${name}: `),
    });
  });

  it('and of any content', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.jsonValue()).map(changed)), (body) => {
        const decoded = decodeMessage(body);
        if (decoded.result === 'malformed') expect(decoded.reason).toMatch(/^[^\p{C}]{10,400}$/u);
      }),
    );
  });

  it('which is short, however long the unknown is', () => {
    const decoded = decodeMessage(changed({ ['🚂'.repeat(100_000)]: 1 }));
    expect(decoded).toMatchObject({ result: 'malformed', reason: expect.stringMatching(/^[^\p{C}]{10,400}$/u) });
  });
});

describe('a message of ours', () => {
  it('brings the task back as it was sent', () => {
    fc.assert(
      fc.property(taskSeeds, (task) => {
        expect(decodeMessage(encodeMessage([encodeTask(task)]))).toEqual({ result: 'tasks', tasks: [task] });
      }),
    );
  });

  it('carries nothing of what the task has been through', () => {
    fc.assert(
      fc.property(tasks, (task) => {
        const decoded = decodeMessage(encodeMessage([encodeTask(task)]));
        if (decoded.result !== 'tasks') throw new Error(decoded.result);
        for (const name of ['status', 'attempt', 'leaseToken', 'error', 'output']) {
          expect(Object.hasOwn(decoded.tasks[0] ?? {}, name)).toBe(false);
        }
      }),
    );
  });

  it('brings back a field that is a name of Object', () => {
    const task = { ...seed, input: { inline: JSON.parse('{"__proto__":{"a":1},"constructor":2}') } };
    expect(JSON.stringify(decodeMessage(encodeMessage([encodeTask(task)])))).toBe(
      JSON.stringify({ result: 'tasks', tasks: [task] }),
    );
  });

  it('holds only characters that SQS takes', () => {
    const text = String.fromCodePoint(0, 1, 0x1f, 0x7f, 0xd800, 0xfffd, 0xfffe, 0xffff, 0x1f682);
    const task = { ...seed, type: text, input: { inline: { [text]: text } }, workflowInstanceId: '\\\uffff\\ufffe' };
    const body = encodeMessage([encodeTask(task)]);
    expect(body).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u);
    expect(decodeMessage(body)).toEqual({ result: 'tasks', tasks: [task] });
  });

  it.each(['assignee', 'workflowInstanceId', 'traceHeader'] as const)('may come without %s', (name) => {
    const { [name]: _, ...task } = seed;
    expect(decodeMessage(without(name))).toEqual({ result: 'tasks', tasks: [task] });
  });

  it('keeps the format of version 1: messages outlive a deployment', () => {
    expect(JSON.parse(encodeMessage([encodeTask(seed)]))).toEqual({ v: 1, tasks: [seed] });
  });
});

describe('a message that names a payload of another tenant', () => {
  it.each([
    'beta#1#input',
    'payloads/beta/1/input',
    'scheduled/beta/1/input',
    'payloads/',
    'nonsense',
    'acme',
    '/acme#1',
  ])('is malformed: %j', (ref) => {
    const reason = 'tasks.0.input.ref: refers to a payload that is not of the tenant';
    expect(decodeMessage(changed({ input: { ref } }))).toEqual({ result: 'malformed', reason });
  });

  it.each(['acme#1#input', 'payloads/acme/1/input', 'scheduled/acme/1/input'])('is none with %j', (ref) => {
    expect(decodeMessage(changed({ input: { ref } }))).toMatchObject({ result: 'tasks', tasks: [{ input: { ref } }] });
  });
});

import { describe, expect, test } from 'vitest';
import { checkConcurrency, checkNode, checkPython, checkStack } from '../../../../cli/doctor/checks.ts';

describe('concurrent executions', () => {
  const judged = (executions: number, unreserved: number, wanted: number, held = 0) =>
    checkConcurrency('us-east-1', { executions, unreserved }, wanted, held).status;

  test('are enough where Lambda keeps what it wants for others', () => {
    expect(judged(1000, 1000, 900)).toBe('ok');
    expect(judged(1000, 1000, 901)).toBe('warning');
    expect(judged(1000, 1000, 991)).toBe('failed');
    expect(judged(1000, 200, 900, 800)).toBe('ok');
  });

  test('are always enough for an app that reserves none, as in a new account', () => {
    expect(judged(10, 10, 0)).toBe('ok');
    expect(judged(10, 10, 1)).toBe('failed');
  });
});

test.each([
  ['18.20.0', 'failed'],
  ['20.0.0', 'ok'],
  ['24.1.0', 'ok'],
])('Node %s is %s', (version, status) => expect(checkNode(version).status).toBe(status));

test.each([
  [undefined, 'warning'],
  ['Python 3.9.18', 'warning'],
  ['Python 2.7.18', 'warning'],
  ['Python 3.10.0', 'ok'],
  ['Python 4.0.1', 'ok'],
])('%s is %s', (text, status) => expect(checkPython(text).status).toBe(status));

test.each([
  [undefined, undefined],
  ['CREATE_COMPLETE', undefined],
  ['UPDATE_ROLLBACK_COMPLETE', undefined],
  ['REVIEW_IN_PROGRESS', undefined],
  ['ROLLBACK_COMPLETE', 'warning'],
  ['ROLLBACK_FAILED', 'failed'],
  ['CREATE_FAILED', 'failed'],
  ['DELETE_FAILED', 'failed'],
  ['UPDATE_ROLLBACK_FAILED', 'failed'],
  ['UPDATE_IN_PROGRESS', 'failed'],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'failed'],
])('a stack that is %s is %s', (status, expected) => expect(checkStack('one', status)?.status).toBe(expected));

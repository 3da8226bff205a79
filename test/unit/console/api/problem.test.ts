import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../console/api/problem.ts';

describe('an answer that is no success', () => {
  test('says what its problem document says', () => {
    const errors = [{ field: '/input/url', message: 'Invalid URL' }];
    const document = { type: 'about:blank', title: 'Bad Request', status: 400, code: 'invalid_request' };
    expect(failureOf(400, null, { ...document, detail: 'the body is wrong', errors })).toMatchObject({
      message: 'The body is wrong.',
      code: 'invalid_request',
      status: 400,
      errors,
      retryAfterSeconds: undefined,
    });
  });

  test('says when to come again', () => {
    const document = { code: 'lane_saturated', detail: 'the lane is full' };
    expect(failureOf(429, '12', document)).toMatchObject({ code: 'lane_saturated', retryAfterSeconds: 12 });
    expect(failureOf(429, 'Wed, 21 Oct 2026 07:28:00 GMT', document).retryAfterSeconds).toBeUndefined();
  });

  test.each([
    [401, 'unauthenticated', 'The key is not accepted.'],
    [403, 'unauthenticated', 'The key is not accepted.'],
    [429, 'rate_limited', 'The API gets more calls than it takes at the moment.'],
    [503, 'unavailable', 'The API does not answer at the moment.'],
    [418, 'unreadable', 'The API answered with the status 418.'],
  ])('of API Gateway itself, %s, is %s', (status, code, message) => {
    expect(failureOf(status, null, { message: 'Forbidden' })).toMatchObject({ code, message });
    expect(failureOf(status, null, undefined)).toMatchObject({ code, message });
  });
});

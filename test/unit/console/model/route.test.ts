import { describe, expect, test } from 'vitest';
import { hrefOf, parseRoute, queryOf, type Route } from '../../../../console/model/route.ts';

const PLACES: readonly Route[] = [
  { page: 'overview' },
  { page: 'lanes' },
  { page: 'lane', name: 'default/high/0' },
  { page: 'types' },
  { page: 'keys' },
  { page: 'audit', filter: {} },
  { page: 'audit', filter: { actor: 'oidc|a/b', action: 'retryTask', from: '2026-01-31T06:00:00.000Z' } },
  { page: 'bulk-actions' },
  { page: 'bulk-action', id: '01M859FY21NP7H6QB49KRATWQ0-0' },
  { page: 'retry', id: '01M859FY21NP7H6QB49KRATWQ0-0' },
  { page: 'letter', lane: 'default-high-0', id: 'a-b' },
  { page: 'type', type: 'markdown.render' },
  { page: 'tasks', filter: {} },
  {
    page: 'tasks',
    filter: { status: 'failed', workflowInstanceId: 'a&b=c #1', assigneeType: 'team', assigneeId: 'ü/1' },
  },
  { page: 'task', id: '01M859FY21NP7H6QB49KRATWQ0-0' },
  { page: 'task', id: '100% odd?/#' },
  { page: 'schedules' },
  { page: 'schedule', id: '01KB59FY2QG4S8ZC0T5RN1XW3E-0' },
  { page: 'schedule-form' },
  { page: 'schedule-form', id: '01KB59FY2QG4S8ZC0T5RN1XW3E-0' },
  { page: 'schedule-form', type: 'http.request' },
  { page: 'webhooks' },
  { page: 'webhook-form' },
  { page: 'webhook', id: 'wh_01KB59FY2QG4S8ZC0T5RN1XW3E' },
  { page: 'submit' },
  { page: 'submit', type: 'http.request', copyOf: '01M859FY21NP7H6QB49KRATWQ0-0' },
];

describe('an address', () => {
  test.each(PLACES)('leads back to where it is from: %j', (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  test('is the overview where there is none', () => {
    expect([parseRoute(''), parseRoute('#'), parseRoute('#/')]).toEqual(Array(3).fill({ page: 'overview' }));
  });

  test('takes of a query what it knows and what is not empty', () => {
    expect(parseRoute('#/tasks?status=&type=a&limit=9&__proto__=x')).toEqual({ page: 'tasks', filter: { type: 'a' } });
  });

  test.each(['#/nowhere', '#/tasks/%', '#/submit/more', '#/constructor'])('may lead nowhere: %s', (hash) => {
    expect(parseRoute(hash)).toEqual({ page: 'unknown' });
  });
});

test('a query has what is given', () => {
  expect(queryOf({ a: 'x y', b: undefined, c: '', d: 0 })).toBe('?a=x+y&d=0');
  expect(queryOf({})).toBe('');
});

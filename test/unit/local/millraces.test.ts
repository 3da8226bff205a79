import { expect, test } from 'vitest';
import { millracesOf } from '../../../local/millraces.ts';

test('the Millraces of an app are told by the outputs of their own stacks, and of a stack that they are in', () => {
  const outputs = {
    'shop-data': { AccessTableName: 'shop-access', TasksTableNames: 'shop-tasks' },
    'shop-api': { ApiId: 'a1', ApiUrl: 'https://a1' },
    'team-own': {
      TasksAccessTableName: 'tasks-access',
      TasksApiId: 'b2',
      TasksApiUrl: 'https://b2',
      OtherAccessTableName: 'other-access',
      OtherApiId: 'c3',
      OtherApiUrl: 'https://c3',
      TeamApiUrl: 'https://their-own',
    },
  };
  expect(millracesOf(outputs)).toEqual([
    { name: 'shop', accessTable: 'shop-access', apiId: 'a1', apiUrl: 'https://a1' },
    { name: 'team-own Tasks', accessTable: 'tasks-access', apiId: 'b2', apiUrl: 'https://b2' },
    { name: 'team-own Other', accessTable: 'other-access', apiId: 'c3', apiUrl: 'https://c3' },
  ]);
  expect(millracesOf({ site: { ApiUrl: 'https://their-own' } })).toEqual([]);
});

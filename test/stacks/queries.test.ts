import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { synthesize } from './synthesis.ts';

/**
 * A query definition has at most so many log groups, and a query so many characters (CloudWatch Logs, "CloudWatch Logs
 * quotas").
 */
const MAX_LOG_GROUPS = 50;
const MAX_QUERY_LENGTH = 10_000;

const root = join(import.meta.dirname, '../..');
const functions = globSync('functions/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));

/** Lambda and CloudWatch write these fields. */
const FOREIGN = /^(@\w+|type|record\.[\w.]+)$/;

const { all } = await synthesize('prod', { context: { name: 'acme', shards: '{"default":2}', routineLogs: true } });
const queries = all('AWS::Logs::QueryDefinition').map(({ Properties }) => Properties);
/** The log groups of functions are these. */
const logGroups = all('AWS::Logs::LogGroup')
  .map(({ Properties }) => Properties.LogGroupName)
  .filter((name) => name.startsWith('/aws/lambda/'));

describe('the saved queries', () => {
  test('tell what people ask', () => {
    expect(queries.map(({ Name }) => Name).sort()).toEqual([
      'acme/Cold starts',
      'acme/Failures by code',
      'acme/Refused requests',
      'acme/Slowest types',
      'acme/Story of a task',
    ]);
  });

  test.each(queries)('$Name asks log groups that exist, each once', ({ LogGroupNames, QueryString }) => {
    expect(new Set(LogGroupNames).size).toBe(LogGroupNames.length);
    expect(LogGroupNames.filter((name: string) => !logGroups.includes(name))).toEqual([]);
    expect(LogGroupNames.length).toBeLessThanOrEqual(MAX_LOG_GROUPS);
    expect(QueryString.length).toBeLessThanOrEqual(MAX_QUERY_LENGTH);
  });

  test.each(queries)('$Name asks for events and fields that the functions log', ({ QueryString }) => {
    const isLogged = (text: string) => functions.some((source) => source.includes(text));
    const events = [...QueryString.matchAll(/event (?:= |in \[)([^\]|]+?)(?:\]| and|\n|$)/g)].flatMap(([, list]) =>
      [...list.matchAll(/"([^"]+)"/g)].map(([, event]) => event),
    );
    expect(events.filter((event) => !isLogged(`'${event}'`))).toEqual([]);
    const fields = [
      ...[...QueryString.matchAll(/(?:latest|pct|max|ispresent)\(([@\w.]+)/g)].map(([, field]) => field),
      ...[...QueryString.matchAll(/(?:^|\| )(?:fields|stats .* by) ([@\w., ]+)$/gm)].flatMap(([, list]) =>
        list.split(', '),
      ),
    ];
    expect(fields.length).toBeGreaterThan(0);
    const unknown = fields.filter(
      (field) => !FOREIGN.test(field) && !new RegExp(`\\b${field}:?\\b`).test(functions.join('\n')),
    );
    expect(unknown).toEqual([]);
  });

  test('ask every function for its cold starts, and every executor for the story of a task', () => {
    const groupsOf = (title: string): string[] => queries.find(({ Name }) => Name === `acme/${title}`)?.LogGroupNames;
    expect([...groupsOf('Cold starts')].sort()).toEqual([...logGroups].sort());
    const executors = logGroups.filter((name) => name.includes('-executor-'));
    expect(groupsOf('Story of a task')).toEqual(expect.arrayContaining(executors));
  });
});

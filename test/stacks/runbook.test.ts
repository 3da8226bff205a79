import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESOURCE_CLASSES } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

const root = join(import.meta.dirname, '../..');
const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
const functions = globSync('functions/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
const queries = runbook.split('\n').filter((line) => line.startsWith('    ') && !line.includes('{'));

const { all } = await synthesize('prod');
const resourceNames = [
  'AWS::Logs::LogGroup',
  'AWS::Lambda::Function',
  'AWS::SQS::Queue',
  'AWS::CloudWatch::Dashboard',
].flatMap((type) =>
  all(type).map(({ Properties: { LogGroupName, FunctionName, QueueName, DashboardName } }) => {
    return LogGroupName ?? FunctionName ?? QueueName ?? DashboardName;
  }),
);

describe('the runbook', () => {
  test('asks for events that the functions log', () => {
    const events = queries
      .filter((line) => line.includes('event'))
      .flatMap((line) => [...line.matchAll(/"([^"]+)"/g)].map(([, text]) => text))
      .filter((text) => !text?.startsWith('POST '));
    expect(new Set(events).size).toBeGreaterThan(5);
    expect(events.filter((event) => !functions.some((source) => source.includes(`'${event}'`)))).toEqual([]);
  });

  test('asks for fields that the functions log', () => {
    const fields = queries.flatMap((line) => [
      ...[...line.matchAll(/(?:latest|pct)\((\w+)/g)].map(([, field]) => field),
      ...[...line.matchAll(/ by ([\w, ]+)$/g)].flatMap(([, list]) => list?.split(', ')),
    ]);
    expect(fields.length).toBeGreaterThan(10);
    const logged = (field: string | undefined) => functions.some((source) => new RegExp(`\\b${field}\\b`).test(source));
    expect(fields.filter((field) => !logged(field))).toEqual([]);
  });

  test('names log groups, functions, queues and a dashboard that exist', () => {
    const named = [...runbook.matchAll(/`((?:\/aws\/lambda\/)?millrace[\w/<>-]*)`/g)].map(([, name = '']) => name);
    const meant = named.flatMap((name) =>
      RESOURCE_CLASSES.map((resourceClass) => name.replace('<class>', resourceClass).replace('<shard>', '0')),
    );
    expect(new Set(named).size).toBeGreaterThan(5);
    expect(meant.filter((name) => !resourceNames.includes(name))).toEqual([]);
  });

  test('leads only to headings of its own', () => {
    const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE } from '../../functions/metrics.ts';
import { synthesize } from './synthesis.ts';

/** A metric of AWS by its dimensions, or an expression. */
type Line =
  | readonly [string, string, string, string, object]
  | readonly [{ readonly expression: string; readonly label?: string }];
type Widget = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title: string; readonly metrics: readonly Line[] };
};

/** The grid has so many columns (CloudWatch API reference, "Dashboard body structure"). */
const GRID_WIDTH = 24;

/** A screen of 1,080 pixels shows so many rows, at about 45 pixels each, below the console's own head. */
const SCREEN_ROWS = 20;

const SEARCH = /SEARCH\('\{([^}]+)\} MetricName="([^"]+)" service="([^"]+)"', '(?:Sum|Average|Maximum|p\d+)', 60\)/g;

const { all, text } = await synthesize('prod', { context: { name: 'acme' } });
const [dashboard, ...others] = all('AWS::CloudWatch::Dashboard');
const body = () => text(dashboard?.Properties.DashboardBody, 'acme-operations');
const widgets = (): Widget[] => JSON.parse(body()).widgets;
const lines = () => widgets().flatMap(({ properties }) => properties.metrics);
const ofAws = () => lines().flatMap((line) => (typeof line[0] === 'string' ? [line as readonly string[]] : []));

describe('the dashboard', () => {
  test('is one, named after its deployment, and JSON', () => {
    expect(others).toEqual([]);
    expect(dashboard?.Properties.DashboardName).toBe('acme');
    expect(() => JSON.parse(body())).not.toThrow();
    expect(lines().length).toBeGreaterThan(30);
  });

  test('has widgets that do not overlap and stay on one screen', () => {
    const all = widgets();
    for (const [index, a] of all.entries()) {
      expect(a.x + a.width, a.properties.title).toBeLessThanOrEqual(GRID_WIDTH);
      expect(a.y + a.height, a.properties.title).toBeLessThanOrEqual(SCREEN_ROWS);
      for (const b of all.slice(index + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.properties.title} and ${b.properties.title}`).toBe(true);
      }
    }
  });

  test('shows metrics of the services that we use, and our own', () => {
    const known = ['AWS/ApiGateway', 'AWS/DynamoDB', 'AWS/Lambda', 'AWS/SQS'];
    expect([...new Set(ofAws().map(([namespace]) => namespace))].sort()).toEqual(known);
    const expressions = lines().flatMap(([first]) => (typeof first === 'string' ? [] : [first.expression]));
    const searched = expressions.flatMap((expression) => [...expression.matchAll(SEARCH)]);
    const shown = new Set(searched.map(([, , name]) => name));
    // Alarms and queries tell the others better than a line does.
    const unshown: string[] = [METRICS.attempts.name, METRICS.batchSize.name];
    const shownOnes = Object.values(METRICS).filter(({ name }) => !unshown.includes(name));
    expect(shown).toEqual(new Set(shownOnes.map(({ name }) => name)));
    for (const [, schema, name, service] of searched) {
      const metric = Object.values(METRICS).find((one) => one.name === name);
      expect(schema).toBe(metric && [METRICS_NAMESPACE, 'service', ...METRIC_DIMENSIONS[metric.by]].join(','));
      expect(service).toBe('acme');
    }
  });

  test('prices what AWS counts, at the rate of an hour', () => {
    const cost = widgets().find(({ properties }) => properties.title.startsWith('Cost'));
    const priced = cost?.properties.metrics.flatMap(([first]) => (typeof first === 'string' ? [] : [first]));
    expect(priced?.map(({ label }) => label)).toEqual([
      'functions',
      'tasks tables, indexes apart',
      'queues, at most',
      'API',
    ]);
    // 1,000,000 requests an hour cost a dollar.
    expect(priced?.at(-1)?.expression).toBe('SUM(FILL(METRICS("apia_"), 0)) * 0.00001200000000');
    for (const { expression = '' } of priced ?? []) {
      // CloudWatch API, "MetricDataQuery".
      expect(expression.length).toBeLessThanOrEqual(2048);
      for (const [, term = ''] of expression.matchAll(/METRICS\("(\w+)"\)/g)) {
        expect(JSON.stringify(cost?.properties.metrics).split(`"id":"${term}`).length, term).toBeGreaterThan(1);
      }
    }
  });

  test('shows queues and functions that exist, every lane and every executor', () => {
    const shown = (dimension: string) => ofAws().flatMap((line) => (line[2] === dimension ? [line[3]] : []));
    const queues = all('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName);
    const executors = all('AWS::Lambda::Function')
      .map(({ Properties }) => String(Properties.FunctionName))
      .filter((name) => name.includes('-executor-'));
    expect(new Set(shown('QueueName'))).toEqual(new Set(queues));
    expect(new Set(shown('FunctionName'))).toEqual(
      new Set([...executors, 'acme-router', 'acme-waiter', 'acme-projector', 'acme-events']),
    );
    expect(new Set(shown('ApiId'))).toEqual(new Set(['Api']));
  });
});

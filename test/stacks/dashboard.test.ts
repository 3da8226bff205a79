import { describe, expect, test } from 'vitest';
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

/** A metric of AWS by its dimensions, or an expression. */
type Line = readonly [string, string, string, string, object] | readonly [{ readonly expression: string }];
type Widget = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title: string; readonly metrics: readonly Line[] };
};

/** Columns of the grid (CloudWatch API reference, "Dashboard body structure"). */
const GRID_WIDTH = 24;

const SEARCH = /SEARCH\('\{([^}]+)\} MetricName="([^"]+)" service="([^"]+)"', '(?:Sum|p\d+)', 60\)/;

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

  test('has widgets that do not overlap and stay on the grid', () => {
    const all = widgets();
    for (const [index, a] of all.entries()) {
      expect(a.x + a.width, a.properties.title).toBeLessThanOrEqual(GRID_WIDTH);
      for (const b of all.slice(index + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.properties.title} and ${b.properties.title}`).toBe(true);
      }
    }
  });

  test('shows metrics of the services that we use, and our own', () => {
    const known = ['AWS/ApiGateway', 'AWS/Lambda', 'AWS/SQS'];
    expect([...new Set(ofAws().map(([namespace]) => namespace))].sort()).toEqual(known);
    const searched = lines().flatMap(([first]) => (typeof first === 'string' ? [] : [SEARCH.exec(first.expression)]));
    const names: string[] = Object.values(METRICS).map(({ name }) => name);
    expect(searched.length).toBe(7);
    expect(searched.map((found) => found?.[2])).toContain(METRICS.platformFailed.name);
    for (const found of searched) {
      expect(found?.[1]).toBe([METRICS_NAMESPACE, ...Object.values(METRIC_DIMENSIONS)].join(','));
      expect(names).toContain(found?.[2]);
      expect(found?.[3]).toBe('acme');
    }
  });

  test('shows queues and functions that exist, every lane and every executor', () => {
    const shown = (dimension: string) => ofAws().flatMap((line) => (line[2] === dimension ? [line[3]] : []));
    const queues = all('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName);
    const executors = all('AWS::Lambda::Function')
      .map(({ Properties }) => String(Properties.FunctionName))
      .filter((name) => name.includes('-executor-'));
    expect(new Set(shown('QueueName'))).toEqual(new Set(queues));
    expect(new Set(shown('FunctionName'))).toEqual(new Set(executors));
    expect(new Set(shown('ApiId'))).toEqual(new Set(['Api']));
  });
});

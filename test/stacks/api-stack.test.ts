import { describe, expect, test } from 'vitest';
import { CONSOLE_ROUTES, FALLBACK_ROUTE, OPEN_ROUTES, PREFLIGHT_ROUTE, ROUTES } from '../../functions/contract.ts';
import { aliasArn, synthesize } from './synthesis.ts';

describe.each([await synthesize('dev'), await synthesize('prod')])(
  'the API of $preset',
  ({ all, text, templates, assembly }) => {
    const routes = all('AWS::ApiGatewayV2::Route');
    const [authorizer, ...otherAuthorizers] = all('AWS::ApiGatewayV2::Authorizer');
    const routeOf = (key: string) => routes.find(({ Properties }) => Properties.RouteKey === key)?.Properties;

    test('has the routes of the contract, and no other', () => {
      expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual(
        [...Object.keys(ROUTES), ...OPEN_ROUTES, ...CONSOLE_ROUTES, FALLBACK_ROUTE].sort(),
      );
    });

    test.each([...Object.keys(ROUTES), FALLBACK_ROUTE])('asks for a key: %s', (key) => {
      expect(routeOf(key)?.AuthorizationType).toBe('CUSTOM');
      expect(routeOf(key)?.AuthorizerId).toEqual({ Ref: authorizer?.id });
    });

    test.each([...OPEN_ROUTES, ...CONSOLE_ROUTES])('asks for none: %s', (key) => {
      expect(routeOf(key)?.AuthorizationType).toBe('NONE');
      expect(routeOf(key)?.AuthorizerId).toBeUndefined();
    });

    test('throttles at the gateway', () => {
      const [stage, ...others] = all('AWS::ApiGatewayV2::Stage');
      expect(others).toEqual([]);
      expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 });
    });

    test('remembers for a minute what a key may do', () => {
      expect(otherAuthorizers).toEqual([]);
      expect(authorizer?.Properties).toMatchObject({
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        EnableSimpleResponses: true,
        AuthorizerResultTtlInSeconds: 60,
        IdentitySource: ['$request.header.Authorization'],
      });
      expect(text(authorizer?.Properties.AuthorizerUri, 'millrace-api')).toContain(
        '/millrace-authorizer.Arn/invocations',
      );
    });

    test('hands the console and the waiter their routes, and every other to the router, in the format that they read', () => {
      const integrations = all('AWS::ApiGatewayV2::Integration');
      const functionOf = new Map(
        integrations.map(({ id, Properties, stack }) => {
          expect(Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
          const target = text({ 'Fn::Join': ['/', ['integrations', { Ref: id }]] }, stack);
          return [target, text(Properties.IntegrationUri, stack)];
        }),
      );
      expect(integrations).toHaveLength(3);
      const ofConsole = new Set<string>(CONSOLE_ROUTES);
      for (const { Properties, stack } of routes) {
        const others = ofConsole.has(Properties.RouteKey) ? 'millrace-console.Arn' : aliasArn('millrace-router:live');
        const target = Properties.RouteKey === 'GET /api/tasks/{id}' ? 'millrace-waiter.Arn' : others;
        expect(functionOf.get(text(Properties.Target, stack)), Properties.RouteKey).toBe(target);
      }
    });

    test('is an HTTP API, deployed as it changes, at no path of its own', () => {
      expect(all('AWS::ApiGatewayV2::Api').map(({ Properties }) => Properties.ProtocolType)).toEqual(['HTTP']);
      expect(all('AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties)).toMatchObject([
        { StageName: '$default', AutoDeploy: true },
      ]);
    });

    test('is deployed after the executors, so that it accepts no task type that they do not know', () => {
      const execution = assembly.getStackByName('millrace-execution');
      expect(assembly.getStackByName('millrace-api').dependencies).toContain(execution);
      expect(execution.dependencies.map(({ id }) => id)).not.toContain('millrace-api');
    });

    test('says where it is', () => {
      expect(Object.keys(templates.get('millrace-api')?.findOutputs('*') ?? {})).toEqual(
        expect.arrayContaining(['ApiUrl', 'ApiId']),
      );
    });
  },
);

const ORIGINS = ['https://app.example.com', 'http://localhost:5173'];
const GUARDED = {
  throttle: { rate: 50, burst: 100 },
  apiConcurrency: { router: 40, authorizer: 20 },
  waiters: 300,
  corsOrigins: ORIGINS,
};

describe('the stage of the API', async () => {
  const { all } = await synthesize('prod', { context: GUARDED });
  const [stage] = all('AWS::ApiGatewayV2::Stage');

  test('takes as many requests as the configuration says', () => {
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
  });

  test('notes who asked in prod, and nothing that a caller keeps secret', () => {
    const { DestinationArn, Format } = stage?.Properties.AccessLogSettings ?? {};
    const [group] = all('AWS::Logs::LogGroup').filter(({ Properties }) =>
      String(Properties.LogGroupName).startsWith('/aws/vendedlogs/'),
    );
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': [group?.id, 'Arn'] });
    expect(group?.Properties.RetentionInDays).toBe(30);
    expect(Object.keys(JSON.parse(Format))).toContain('sourceIp');
    expect(Format).not.toMatch(/authoriz(ation|er\.(?!error))|header|query|body/i);
  });

  test('is not noted in dev', async () => {
    const dev = await synthesize('dev');
    expect(dev.all('AWS::ApiGatewayV2::Stage')[0]?.Properties).not.toHaveProperty('AccessLogSettings');
  });

  test('calls functions that others cannot starve, and that starve no others, where they are so configured', () => {
    const reserved = Object.fromEntries(
      all('AWS::Lambda::Function').map(({ Properties }) => [
        Properties.FunctionName,
        Properties.ReservedConcurrentExecutions,
      ]),
    );
    expect(reserved).toMatchObject({ 'millrace-router': 40, 'millrace-authorizer': 20, 'millrace-waiter': 350 });
    expect(reserved).not.toHaveProperty('millrace-console', expect.anything());
  });
});

describe('pages of other origins', async () => {
  const { all } = await synthesize('prod', { context: GUARDED });

  test('may call the API where the deployment names them, with what its client sends and reads', () => {
    expect(all('AWS::ApiGatewayV2::Api')[0]?.Properties.CorsConfiguration).toEqual({
      AllowOrigins: ORIGINS,
      AllowMethods: ['POST', 'GET', 'DELETE', 'PATCH'],
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key'],
      ExposeHeaders: ['location', 'idempotent-replayed', 'millrace-waiting', 'retry-after'],
      MaxAge: 86_400,
    });
  });

  test('ask without a key first, which the route of every method would ask for', () => {
    const preflight = all('AWS::ApiGatewayV2::Route').filter(({ Properties }) => /^OPTIONS/.test(Properties.RouteKey));
    expect(preflight.map(({ Properties }) => Properties)).toMatchObject([
      { RouteKey: PREFLIGHT_ROUTE, AuthorizationType: 'NONE' },
    ]);
  });
});

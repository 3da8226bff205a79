import { spawnSync } from 'node:child_process';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { CFN_LINT, CFN_LINT_COMMAND, hasVenv } from '../../local/python-venvs.mjs';
import { JUSTIFIED } from './justified-findings.ts';
import { synthesize } from './synthesis.ts';

type Finding = { readonly rule: string; readonly at: string };

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:pager';
const syntheses = [
  await synthesize('dev', { context: { alarmEmail: 'ops@example.com', alarmTopicArn: TOPIC, lambdaInsights: true } }),
  await synthesize('dev'),
  await synthesize('prod'),
  await synthesize('dev', {
    context: { tableCapacity: { provisioned: { minWrites: 5, maxWrites: 2000, minReads: 5, maxReads: 500 } } },
  }),
];

const findingsOfNag = syntheses.flatMap(({ app }) =>
  [AwsSolutionsChecks, ServerlessChecks].flatMap((Pack) =>
    new Pack()
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }): Finding => ({ rule: ruleName, at: constructPath })),
      ),
  ),
);

/** cfn-lint is there once `npm test` has installed it. */
const isInstalled = hasVenv(CFN_LINT);

function findingsOfCfnLint(): Finding[] {
  const templates = syntheses.flatMap(({ assembly }) =>
    assembly.stacks.map(({ templateFullPath }) => templateFullPath),
  );
  const { stdout, stderr, error } = spawnSync(CFN_LINT_COMMAND, ['--format', 'json', '--', ...templates], {
    encoding: 'utf8',
  });
  if (error !== undefined || stderr !== '') throw error ?? new Error(stderr);
  return JSON.parse(stdout).map(({ Rule, Location }: { Rule: { Id: string }; Location: { Path: string[] } }) => ({
    rule: Rule.Id,
    at: Location.Path.join('/'),
  }));
}

const isBy =
  ({ rule, at }: Finding) =>
  (one: (typeof JUSTIFIED)[number]) =>
    one.rule.test(rule) && (one.at?.test(at) ?? true);

const unjustified = (findings: readonly Finding[]) => findings.filter((finding) => !JUSTIFIED.some(isBy(finding)));

describe('in the templates of all presets', () => {
  test('cdk-nag finds nothing but what is justified', () => {
    expect(findingsOfNag.length).toBeGreaterThan(50);
    expect(unjustified(findingsOfNag)).toEqual([]);
  });

  test.runIf(isInstalled)('cfn-lint finds nothing but what is justified', { timeout: 120_000 }, () => {
    const findings = findingsOfCfnLint();
    expect(findings).not.toEqual([]);
    expect(unjustified(findings)).toEqual([]);
  });

  test('cfn-lint is installed by `npm test`', () => {
    if (process.env.npm_lifecycle_event === 'test') expect(isInstalled).toBe(true);
  });

  test('each justification is of something that is found', () => {
    const found = [...findingsOfNag, { rule: 'W3005', at: '' }];
    const held = JUSTIFIED.filter(({ rule }) => !rule.source.includes('CKV'));
    expect(held.filter((one) => !found.some((finding) => isBy(finding)(one)))).toEqual([]);
  });
});

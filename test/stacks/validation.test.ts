import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { expect, test } from 'vitest';
import { synthesize } from './synthesis.ts';

const validation = true;

test.each([await synthesize('dev', { validation }), await synthesize('prod', { validation })])(
  "CloudFormation's own rules find nothing in the templates of $preset",
  ({ assembly, templates }) => {
    const { pluginReports } = JSON.parse(readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8'));
    expect(templates.size).toBe(4);
    expect(pluginReports).toEqual([]);
  },
);

test.each([await synthesize('dev'), await synthesize('prod')])(
  'a synth of $preset warns of nothing',
  ({ assembly }) => {
    const messages = assembly.stacks.flatMap((stack) => stack.messages);
    // What may only grow is told, and is no warning.
    const warnings = messages.filter(({ level }) => level !== SynthesisMessageLevel.INFO);
    expect(warnings.map(({ entry }) => entry.data)).toEqual([]);
  },
);

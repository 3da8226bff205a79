import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const SECOND = 1000;

type Options = NonNullable<TestProjectInlineConfiguration['test']>;

const project = (name: string, options: Options = {}): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

/** Runs after the others, which would take the machine from under its clocks. */
const onLocalStack: Options = {
  globalSetup: ['test/setup/local-stack.ts'],
  sequence: { groupOrder: 1 },
  testTimeout: 60 * SECOND,
  hookTimeout: 300 * SECOND,
};

export default defineConfig({
  test: {
    // `.ci/run` counts from the JSON.
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/results.json' }]] : ['default'],
    coverage: {
      include: ['functions/**/*.ts', 'tasks/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 10, functions: 10, branches: 10, statements: 10 },
    },
    projects: [
      project('unit'),
      project('stacks', { testTimeout: 60 * SECOND, hookTimeout: 120 * SECOND }),
      project('contract', onLocalStack),
      project('e2e', onLocalStack),
    ],
  },
});

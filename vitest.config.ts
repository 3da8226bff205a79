import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { hasDynoxide, hasElasticMq } from './local/second-implementation.mjs';

const SECOND = 1000;

type Options = NonNullable<TestProjectInlineConfiguration['test']>;

const project = (name: string, options: Options = {}): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

/** What calls the router or an executor without its function needs their messages. */
const MESSAGES = ['test/setup/messages.ts'];

/** Runs a file after the other, and after what would take the machine from under its clocks. */
const inTurn = (groupOrder: number): Options => ({ fileParallelism: false, sequence: { groupOrder } });

const onLocalStack: Options = {
  ...inTurn(2),
  globalSetup: ['test/setup/local-stack.ts'],
  testTimeout: 60 * SECOND,
  hookTimeout: 300 * SECOND,
};

const secondContract = project('contract-second', {
  ...onLocalStack,
  setupFiles: MESSAGES,
  include: ['test/contract/**/*.test.ts'],
  globalSetup: ['test/setup/local-stack.ts', 'test/setup/second-implementation.ts'],
});

export default defineConfig({
  // The wiring of a door finds here the task types that its bundle would have.
  resolve: { alias: { 'millrace:tasks': join(import.meta.dirname, 'test/doubles/shipped-tasks.ts') } },
  test: {
    // `.ci/run` counts from the JSON.
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/results.json' }]] : ['default'],
    coverage: {
      // The rest of the console needs a browser.
      include: ['functions/**/*.ts', 'tasks/**/*.ts', 'console/{form,model}/*.ts'],
      // The wiring runs in Lambda only; the end-to-end suite runs it there.
      exclude: ['functions/*/{index,thread}.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, functions: 90, branches: 90, statements: 90 },
    },
    // On a machine with much else to do, what takes a moment takes seconds.
    expect: { poll: { timeout: 10 * SECOND } },
    // Vitest leaves a processor to itself otherwise, and of two there would be one.
    maxWorkers: '100%',
    projects: [
      // No test of these keeps state in a module, and loading each module once halves the time.
      project('unit', {
        include: ['test/{unit,security}/**/*.test.ts'],
        isolate: false,
        testTimeout: 30 * SECOND,
        setupFiles: MESSAGES,
      }),
      // One worker with one module cache: each preset is synthesized once for all files.
      project('stacks', {
        ...inTurn(1),
        isolate: false,
        testTimeout: 60 * SECOND,
        hookTimeout: 120 * SECOND,
      }),
      // Installs the packed file as a team does, which takes npm and some minutes.
      project('package', { testTimeout: 60 * SECOND, hookTimeout: 300 * SECOND, ...inTurn(2) }),
      project('contract', { ...onLocalStack, setupFiles: MESSAGES }),
      // The same files, on another DynamoDB and another SQS; `local/install.mjs` says what it could not install.
      ...(hasDynoxide() && hasElasticMq() ? [secondContract] : []),
      project('e2e', onLocalStack),
      // Others would feel what these do to the executors.
      project('faults', { ...onLocalStack, ...inTurn(3) }),
    ],
  },
});

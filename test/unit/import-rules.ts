/** Says what a file may import, and what has to be refused. */
export const IMPORT_RULES: Record<string, { allowed: string[]; forbidden: string[] }> = {
  'bin/millrace.ts': {
    allowed: ['aws-cdk-lib', '../lib/config.ts', '../lib/stacks/data-stack.ts'],
    forbidden: ['../functions/contract.ts', '../tasks/greet.ts', '../local/start.ts', 'zod'],
  },
  'lib/config.ts': {
    allowed: [
      ...['./presets.ts', './constructs/lane.ts', 'node:fs', 'node:fs/promises', './stacks/data-stack.ts'],
      ...['../functions/contract.ts', './discovery/task-files.ts'],
    ],
    forbidden: [
      '../tasks/greet.ts',
      '../functions/core/task/task.ts',
      '../functions/runtime/env.ts',
      '../cli/http.ts',
      'ulid',
    ],
  },
  'lib/stacks/data-stack.ts': {
    allowed: [
      ...['aws-cdk-lib', 'aws-cdk-lib/aws-lambda', 'constructs', 'esbuild', '../config.ts', '../constructs/lane.ts'],
      ...['../../functions/metrics.ts', '../discovery/task-files.ts'],
    ],
    forbidden: [
      '../../tasks/greet.ts',
      '../../functions/core/task/task.ts',
      '../../functions/router/index.ts',
      '../../local/start.ts',
      'undici',
    ],
  },
  'lib/constructs/lane.ts': {
    allowed: ['./service-function.ts', '../stacks/data-stack.ts', 'zod'],
    forbidden: ['../../bin/millrace.ts'],
  },
  'functions/metrics.ts': { allowed: [], forbidden: ['./contract.ts', './core/task/task.ts', 'zod'] },
  'functions/contract.ts': { allowed: [], forbidden: ['./core/task/task.ts', 'zod', 'node:crypto'] },
  'functions/resource-classes.ts': { allowed: ['./contract.ts'], forbidden: ['./metrics.ts', 'zod'] },
  'functions/core/ports.ts': {
    allowed: ['./json.ts', './task/ids.ts', '../contract.ts', '@standard-schema/spec', 'zod', 'node:crypto', 'p-limit'],
    forbidden: [
      '../adapters/system-ids.ts',
      '../executor/index.ts',
      '../runtime/env.ts',
      '../../tasks/greet.ts',
      './../router/index.ts',
      'node:fs',
    ],
  },
  'functions/core/task/task.ts': {
    allowed: ['./ids.ts', '../json.ts', '../lane/routing.ts', '../../contract.ts', '@standard-schema/spec', 'zod'],
    forbidden: [
      '../../adapters/system-ids.ts',
      '../../adapters/dynamo/task-store.ts',
      '../../executor/index.ts',
      '../../runtime/env.ts',
      '../../../tasks/greet.ts',
      './../../router/index.ts',
      'node:fs',
      'crypto',
      'undici',
      '@aws-sdk/client-dynamodb',
      '@aws-lambda-powertools/tracer',
      'aws-cdk-lib',
    ],
  },
  'functions/adapters/system-ids.ts': {
    allowed: [
      './payload-store.ts',
      './dynamo/task-row.ts',
      '../core/ports.ts',
      '../core/task/ids.ts',
      '../contract.ts',
    ],
    forbidden: ['../router/index.ts', '../router/http/problem.ts', '../runtime/clients.ts', '../../tasks/greet.ts'],
  },
  'functions/adapters/sqs/task-queue.ts': {
    allowed: [
      './deliveries.ts',
      '../system-ids.ts',
      '../dynamo/task-row.ts',
      '../../core/ports.ts',
      '../../core/task/task.ts',
      '../../contract.ts',
      '@aws-sdk/client-sqs',
      'node:crypto',
    ],
    forbidden: [
      'aws-cdk-lib/core',
      '../../router/index.ts',
      '../../runtime/clients.ts',
      '../../../tasks/greet.ts',
      '../../../lib/config.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/adapters/dynamo/requests/batch-get.ts': {
    allowed: ['../task-row.ts', '../../../core/ports.ts', '../../../core/task/task.ts', '@aws-sdk/client-dynamodb'],
    forbidden: [
      '../../../router/index.ts',
      '../../../runtime/clients.ts',
      '../../../../tasks/greet.ts',
      '../../../../lib/config.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/runtime/clients.ts': {
    allowed: ['./env.ts', '../core/ports.ts', '../contract.ts', '../adapters/sqs/task-queue.ts', '@aws-sdk/client-sqs'],
    forbidden: ['aws-cdk-lib', '../router/index.ts', '../../local/start.ts', 'aws-cdk-lib/core'],
  },
  'functions/router/routes/submit-task.ts': {
    allowed: [
      './get-task.ts',
      '../http/problem.ts',
      '../route.ts',
      '../../core/task/task.ts',
      '../../runtime/env.ts',
      '../../contract.ts',
      'zod',
    ],
    forbidden: [
      'aws-cdk-lib/core',
      '../../adapters/dynamo/task-store.ts',
      '../../executor/index.ts',
      '../../../tasks/greet.ts',
      'aws-cdk-lib',
      'millrace:tasks',
    ],
  },
  'functions/executor/attempt/attempt.ts': {
    allowed: ['./settle.ts', '../telemetry.ts', '../../core/task/task.ts', '../../runtime/env.ts', '../../contract.ts'],
    forbidden: ['../../adapters/dynamo/task-store.ts', '../../router/index.ts', '../../router/http/problem.ts'],
  },
  'functions/executor/handle-batch.ts': {
    allowed: ['./attempt/attempt.ts', '../core/task/task.ts', '../runtime/telemetry.ts', '../contract.ts'],
    forbidden: ['../adapters/dynamo/task-store.ts', '../router/index.ts', '../control/govern.ts'],
  },
  'functions/executor/index.ts': {
    allowed: [
      '../contract.ts',
      '../runtime/env.ts',
      './handle-batch.ts',
      '../adapters/dynamo/task-store.ts',
      '../core/task/task.ts',
      'millrace:tasks',
    ],
    forbidden: [
      'aws-cdk-lib/core',
      '../router/http/problem.ts',
      '../authorizer/index.ts',
      '../../lib/config.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/waiter/index.ts': {
    allowed: ['../contract.ts', '../runtime/env.ts', '../router/answer.ts', '../router/routes/get-task.ts'],
    forbidden: ['../router/router.ts', '../router/routes/submit-task.ts', '../adapters/dynamo/task-store.ts'],
  },
  'functions/executor/thread.ts': {
    allowed: [
      './isolation/serve-attempts.ts',
      '../adapters/http/lazy-http-clients.ts',
      '../core/task/task.ts',
      'millrace:tasks',
    ],
    forbidden: ['../router/http/problem.ts', '../../lib/config.ts', 'aws-cdk-lib'],
  },
  'entries/index.ts': {
    allowed: ['../functions/core/define-task.ts'],
    forbidden: ['../functions/contract.ts', '../testing/run-task.ts', 'zod'],
  },
  'entries/client.ts': { allowed: ['../client/create-client.ts'], forbidden: ['../functions/core/json.ts', 'zod'] },
  'client/transport.ts': {
    allowed: ['./pause.ts'],
    forbidden: ['../functions/core/json.ts', '../functions/contract.ts', 'node:crypto', 'zod', 'undici'],
  },
  'entries/testing.ts': { allowed: ['../testing/run-task.ts'], forbidden: ['../functions/core/define-task.ts'] },
  'testing/run-fan-out.ts': {
    allowed: ['./notes.ts', '../functions/adapters/memory/memory-fan-outs.ts', '../functions/control/sweep.ts'],
    forbidden: ['../functions/adapters/dynamo/task-store.ts', '../functions/executor/index.ts', '@aws-sdk/client-sqs'],
  },
  'tasks/fail-unless-ok.ts': {
    allowed: [
      './bytes-up-to.ts',
      './csv-summarize/definition.ts',
      ...['../functions/contract.ts', '../functions/core/decoded-text.ts', '../functions/core/json.ts'],
      ...['../functions/core/definition/subtask.ts', '../functions/core/task/retry.ts'],
    ],
    forbidden: ['../functions/core/definition/find-definition.ts', '../functions/core/ports.ts', '../lib/config.ts'],
  },
  'tasks/markdown-render/definition.ts': {
    allowed: [
      './render-markdown.ts',
      '../fail-unless-ok.ts',
      '../../functions/contract.ts',
      '../../functions/core/define-task.ts',
      '../../functions/core/json.ts',
      '../../functions/core/task/retry.ts',
      ...['marked', 'node:zlib', '@aws-sdk/client-s3'],
    ],
    forbidden: [
      '../../functions/core/ports.ts',
      '../../functions/adapters/http/undici-http-client.ts',
      '../../lib/config.ts',
      'aws-cdk-lib',
      'aws-cdk-lib/aws-s3',
    ],
  },
  'cli/main.ts': {
    allowed: ['../local/start.ts', '../planner/index.ts', './keys.ts'],
    forbidden: ['../lib/config.ts'],
  },
  'cli/keys.ts': {
    allowed: [
      ...['./http.ts', './terminal/table.ts', '../client/client.ts', '../functions/core/task/ids.ts', 'zod'],
      ...['../functions/contract.ts', '../functions/adapters/dynamo/access-store.ts'],
      '../functions/router/http/changed-numbers.ts',
    ],
    forbidden: [
      ...['../functions/router/index.ts', '../functions/router/http/body.ts', '../lib/config.ts'],
      ...['../entries/client.ts', '../local/start.ts', '../tasks/greet.ts'],
    ],
  },
  'cli/commands/import.ts': {
    allowed: ['../api-command.ts', '../import/file-lines.ts', '../../client/client.ts'],
    forbidden: ['../../functions/router/index.ts', '../../lib/config.ts', '../../local/start.ts'],
  },
  'console/shell.tsx': {
    allowed: ['./parts/live.ts', './pages/task-page.tsx', 'preact', 'preact/hooks', 'zod/mini'],
    forbidden: ['../functions/contract.ts', '../cli/http.ts', 'node:fs', '@aws-sdk/client-sqs'],
  },
  'console/pages/task-page.tsx': {
    allowed: ['./task-table.tsx', '../parts/live.ts', '../api/task.ts', '@preact/signals', 'uplot'],
    forbidden: [
      ...['../../functions/contract.ts', '../../functions/router/routes/task-view.ts', '../../tasks/greet.ts'],
      'aws-cdk-lib',
    ],
  },
  'local/start.ts': {
    allowed: [
      ...['../functions/adapters/dynamo/access-store.ts', './mini-stack.ts', '../cli/keys.ts'],
      ...['../functions/core/task/ids.ts', '../functions/contract.ts', 'node:fs'],
    ],
    forbidden: ['../lib/config.ts', '../functions/executor/index.ts', '../test/setup/local-stack.ts'],
  },
  'local/watch/live-code.ts': {
    allowed: ['./bundles.ts', '../ministack.ts', '../../cli/log-line.ts', '../../lib/discovery/inspection.ts'],
    forbidden: ['../../lib/config.ts', '../../lib/discovery/task-files.ts', '../../functions/router/index.ts'],
  },
  'loadtest/submit.ts': {
    allowed: [
      './report.ts',
      '../cli/http.ts',
      '../functions/contract.ts',
      '../functions/core/task/task.ts',
      ...['../lib/config.ts', '../lib/constructs/door-build.ts'],
      ...['../local/find-chromium.mjs', '../local/local-stack.ts'],
    ],
    forbidden: [
      ...['../functions/adapters/dynamo/access-store.ts', '../functions/executor/index.ts'],
      ...['../lib/stacks/data-stack.ts', '../test/setup/local-stack.ts'],
    ],
  },
  'loadtest/scenarios/load.ts': {
    allowed: ['./report.ts', '../lanes.ts', '../../local/local-stack.ts', '../../functions/contract.ts'],
    forbidden: ['../../functions/executor/index.ts', '../../lib/stacks/data-stack.ts'],
  },
  'loadtest/bill/bill.ts': {
    allowed: ['../peers/peer.ts', '../../planner/costs/task-costs.ts', '../../lib/constructs/projector.ts'],
    forbidden: ['../../planner/simulation/simulate.ts', '../../functions/executor/index.ts'],
  },
  'planner/planned-app.ts': {
    allowed: ['../cli/synthesis.ts', '../lib/config.ts', '../lib/deployment-record.ts', '../lib/task-discovery.ts'],
    forbidden: ['../lib/millrace.ts', '../lib/stacks/data-stack.ts'],
  },
  'planner/plan.ts': {
    allowed: ['./simulation/load.ts', '../cli/http.ts', '../functions/contract.ts', '../functions/core/task/task.ts'],
    forbidden: ['../functions/executor/index.ts', '../local/start.ts', '../loadtest/lanes.ts'],
  },
  'planner/simulation/simulate.ts': {
    allowed: ['./load.ts', '../time.ts', '../../functions/contract.ts', '../../functions/core/task/task.ts'],
    forbidden: [
      ...['../../functions/executor/index.ts', '../../local/start.ts', '../../loadtest/lanes.ts'],
      '../../lib/millrace.ts',
    ],
  },
  'test/unit/task.test.ts': {
    allowed: [
      '../../functions/core/task/task.ts',
      '../../local/start.ts',
      '../setup/local-stack.ts',
      '../../planner/simulation/simulate.ts',
      '../../loadtest/scenarios/load.ts',
    ],
    forbidden: ['../../loadtest/submit.ts'],
  },
};

import { App } from 'aws-cdk-lib';
import { ConfigError, readConfig } from '../lib/config.ts';
import { buildMillrace } from '../lib/millrace.ts';

const app = new App();
try {
  await buildMillrace(app, readConfig(app.node));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

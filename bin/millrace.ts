import { App } from 'aws-cdk-lib';
import { ConfigError } from '../lib/config.ts';
import { settingsFromContext } from '../lib/context.ts';
import { Millrace } from '../lib/millrace.ts';

const app = new App();
try {
  new Millrace(app, 'Millrace', { ...settingsFromContext(app.node), tasks: 'tasks' });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

import { App } from 'aws-cdk-lib';
import { settingsFromContext } from '../lib/context.ts';
import { Millrace } from '../lib/millrace.ts';

const app = new App();
new Millrace(app, 'Millrace', { ...settingsFromContext(app.node), tasks: 'tasks' });

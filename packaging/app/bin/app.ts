import { App } from 'aws-cdk-lib';
import { Millrace, settingsFromContext } from 'millrace/cdk';

const app = new App();

new Millrace(app, 'Millrace', {
  name: '__NAME__',
  // The preset of cdk.json, and whatever is given by `-c`; `npm start` takes the preset dev.
  ...settingsFromContext(app.node),
  tasks: 'tasks',
});

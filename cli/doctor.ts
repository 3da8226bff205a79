import { compact } from '../functions/core/compact.ts';
import { connectionOf } from './connection.ts';
import { CONTEXT_FLAGS, withContext } from './context-option.ts';
import { Account } from './doctor/account.ts';
import { examine } from './doctor/examine.ts';
import { findingLines } from './doctor/finding.ts';
import { npmCommand, runnable } from './npm-command.ts';

const doctorCommand = npmCommand('npm run doctor --', 'Says what a deploy from here would fail for, before it does.')
  .option(CONTEXT_FLAGS, 'configuration, as of cdk deploy', withContext)
  .option('--json', 'as JSON, for programs')
  .option('--local', 'for the cloud that npm start runs here, instead of the AWS of your environment');

/** Is the command `millrace doctor`. */
export const doctor = runnable(doctorCommand, async (commandLine) => {
  const { context = {}, json, local } = doctorCommand.parse(commandLine, { from: 'user' }).opts();
  const connection = await connectionOf({ isLocal: local === true });
  const { credentials, region, endpoint } = connection;
  const environment = compact({
    ...process.env,
    AWS_ENDPOINT_URL: endpoint ?? process.env.AWS_ENDPOINT_URL,
    AWS_REGION: region ?? process.env.AWS_REGION,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? process.env.AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? process.env.AWS_SECRET_ACCESS_KEY,
  });
  const findings = await examine({ project: process.cwd(), context, account: new Account(connection), environment });
  console.log(json === true ? JSON.stringify(findings, undefined, 2) : findingLines(findings));
  if (findings.some(({ status }) => status === 'failed')) process.exitCode = 1;
});

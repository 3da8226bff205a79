import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Context } from './context-option.ts';
import { npmPath } from './npm-path.ts';

/** Says why there is nothing to look at. */
export class SynthesisFailure extends Error {}

/** The CLI says so below what the app has said of itself. */
const LINE_OF_CDK = /^((.+: )?Subprocess exited with error \d+|NOTICES|.+ > \d+ms.*)$/;

/** The commands of the CDK that synthesize: for `list` it wants no code of functions, whose bundling takes most of the time. */
const COMMANDS = { whole: ['synth', '--quiet'], withoutCode: ['list'] } as const;

/** Synthesizes the app of a directory into another, as a deploy would. Throws `SynthesisFailure` with what the app has to say. */
export async function synthesizeApp(
  project: string,
  output: string,
  context: Context,
  environment: NodeJS.ProcessEnv,
  how: keyof typeof COMMANDS,
): Promise<void> {
  const pairs = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const args = [cdkOf(project), ...COMMANDS[how], '--output', output, ...pairs, '--no-notices', '--no-color'];
  // The app says `node`, which is the project's own: the one that runs this may be too old for it.
  const env = { ...environment, PATH: npmPath(project, environment.PATH) };
  const options = { cwd: project, env, maxBuffer: 1 << 24 };
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new SynthesisFailure(sentenceOf(`${stderr}\n${stdout}`)));
    });
  });
}

/** Returns the CLI of the project, or else that which came with this. Throws `SynthesisFailure` where there is neither. */
function cdkOf(project: string): string {
  for (const from of [join(project, 'package.json'), import.meta.filename]) {
    try {
      return join(dirname(createRequire(from).resolve('aws-cdk/package.json')), 'bin/cdk');
    } catch {}
  }
  throw new SynthesisFailure('there is no CDK here: npm install --save-dev aws-cdk');
}

function sentenceOf(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n');
  const said = lines.filter((line) => line.trim() !== '' && !LINE_OF_CDK.test(line.trim()));
  return said.length === 0 ? 'the app ends with an error and says nothing' : said.slice(0, 12).join('\n');
}

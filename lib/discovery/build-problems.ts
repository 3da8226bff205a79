import type { BuildFailure, Message } from 'esbuild';
import { packageOf } from '../constructs/door-build.ts';
import { nativeFailure } from '../constructs/native-packages.ts';

/** Says what keeps the files of a project from being bundled, in sentences that begin with their places. Throws what is no failed build. */
export function buildProblems(error: unknown, project: string): string[] {
  if (!isBuildFailure(error)) throw error;
  const sentences = error.errors.map(
    (message) => nativeFailure(project, message.location?.file ?? '') ?? sentenceOf(message),
  );
  return [...new Set(sentences)];
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors);

/** Says in a sentence what keeps a file from being bundled, beginning with its place. */
function sentenceOf({ location, text }: Message): string {
  const place = location === null ? '' : `${location.file}:${location.line}: `;
  return `${place}${reasonOf(text)}`;
}

function reasonOf(text: string): string {
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  if (missing === undefined) return text;
  if (/^[./]/.test(missing)) return `there is no file ${missing}`;
  const name = packageOf(missing);
  return `there is no package ${name}: add it by \`npm install ${name}\``;
}

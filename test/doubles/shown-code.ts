import { readFileSync } from 'node:fs';

const README = new URL('../../README.md', import.meta.url);

/** Returns the first code in TypeScript that README shows below a heading. */
export function shownCode(heading: string): string {
  const shown = new RegExp(`^## ${heading}\\n[\\s\\S]+?\`\`\`ts\\n([\\s\\S]+?)\`\`\``, 'm');
  const [, code] = shown.exec(readFileSync(README, 'utf8')) ?? [];
  if (code === undefined) throw new Error(`README shows no code below "${heading}"`);
  return code;
}

import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';

/** Unclosed emphasis takes time by its square: the worst of this length would take minutes, and ends by the timeout. */
const MAX_MARKDOWN_LENGTH = 100_000;

export const markdownRender = defineTask({
  type: 'markdown.render',
  description: 'Renders GitHub Flavored Markdown as HTML that is safe to show on a page.',
  resources: 'default',
  priority: 'normal',
  // A document takes milliseconds; only what takes time by its square comes near.
  timeoutSeconds: 15,
  retry: DEFAULT_RETRY,
  isolated: true,
  input: z.strictObject({
    markdown: z
      .string()
      .max(MAX_MARKDOWN_LENGTH)
      .describe('GitHub Flavored Markdown. Of HTML in it, only formatting is kept.')
      .meta({ examples: ['# Hello\n\nThis is **Millrace**.'] }),
  }),
  output: z.object({ html: z.string() }),
  async run({ markdown }, ctx) {
    const { renderMarkdown } = await import('./render-markdown.ts');
    return { html: renderMarkdown(markdown, ctx) };
  },
});

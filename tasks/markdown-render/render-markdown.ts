import { Marked } from 'marked';
import sanitizeHtml from 'sanitize-html';
import type { TaskContext } from '../../functions/core/define-task.ts';

const marked = new Marked({ gfm: true, async: false });

/**
 * What may be in the HTML. No ids and no names: text that chooses them can shadow the variables of the page that shows
 * it. No `data:` URLs, which can carry whole documents.
 */
const ALLOWED: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'blockquote', 'hr', 'br', 'pre', 'details', 'summary'],
    ...['ul', 'ol', 'li', 'input', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
    ...['a', 'img', 'code', 'strong', 'b', 'em', 'i', 'del', 's', 'ins', 'sub', 'sup', 'kbd', 'mark'],
  ],
  allowedAttributes: {
    a: ['href', 'title', 'rel'],
    img: ['src', 'alt', 'title'],
    input: ['type', 'checked', 'disabled'],
    ol: ['start'],
    th: ['align'],
    td: ['align'],
  },
  allowedClasses: { code: [/^language-[\w+#.-]{1,40}$/] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowedSchemesByTag: { img: ['http', 'https'] },
  allowProtocolRelative: false,
  transformTags: { a: sanitizeHtml.simpleTransform('a', { rel: 'noopener noreferrer nofollow' }) },
  // The only input that Markdown makes is the box of a task list.
  exclusiveFilter: ({ tag, attribs }) => tag === 'input' && !(attribs.type === 'checkbox' && 'disabled' in attribs),
};

/** A short text may name one long URL thousands of times. What is longer would be no output anyway, but take memory. */
const MAX_HTML_LENGTH = 3_000_000;

/** A line that opens a hundred quotes and lists, each in the other: no document has it, and it takes 200 MB to read. */
const NESTED_TOO_DEEPLY = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){100}/m;

/** HTML of GitHub Flavored Markdown, without anything that could run. Fails the attempt if it is nested too deeply. */
export function renderMarkdown(markdown: string, ctx: Pick<TaskContext, 'fail'>): string {
  if (NESTED_TOO_DEEPLY.test(markdown)) ctx.fail('invalid_markdown', 'the Markdown is nested too deeply');
  try {
    const html = marked.parse(markdown, { async: false });
    if (html.length > MAX_HTML_LENGTH) {
      ctx.fail('invalid_markdown', `its HTML would be longer than ${MAX_HTML_LENGTH} characters`);
    }
    return sanitizeHtml(html, ALLOWED);
  } catch (error) {
    // How marked and its kind fail where quotes or lists go thousands of levels deep: the stack overflows.
    if (error instanceof RangeError) ctx.fail('invalid_markdown', 'the Markdown is nested too deeply');
    throw error;
  }
}

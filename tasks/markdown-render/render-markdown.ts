import { Lexer, Parser, type Token, type TokensList } from 'marked';
import sanitizeHtml from 'sanitize-html';
import type { TaskContext } from '../../functions/core/define-task.ts';

/**
 * The HTML may have these. It has no ids and no names: text that chooses them can shadow the variables of the page that
 * shows it. It has no `data:` URLs, which can carry whole documents.
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

/** Quotes and lists may stand in each other so deep. No document has so many; thousands of them take 200 MB to read. */
const MAX_DEPTH = 200;

/** Reads quotes and lists to that depth. Only where they are read is it known what is one: `* * *` is a rule, or code. */
class ShallowLexer extends Lexer {
  #depth = 0;

  override blockTokens(source: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(source: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(source: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[] {
    if (this.#depth > MAX_DEPTH) throw new RangeError('nested too deeply');
    this.#depth++;
    try {
      return super.blockTokens(source, tokens, lastParagraphClipped);
    } finally {
      this.#depth--;
    }
  }
}

/**
 * Renders GitHub Flavored Markdown as HTML, without anything that could run. A byte order mark is none of the text, and U+0000
 * becomes U+FFFD, as CommonMark has it (section 2.3). Fails the attempt if it is nested too deeply.
 */
export function renderMarkdown(markdown: string, ctx: Pick<TaskContext, 'fail'>): string {
  const text = markdown.replace(/^\ufeff/, '').replaceAll('\0', '\ufffd');
  try {
    const html = Parser.parse(new ShallowLexer({ gfm: true }).lex(text), { gfm: true });
    if (html.length > MAX_HTML_LENGTH) {
      ctx.fail('invalid_markdown', `its HTML would be longer than ${MAX_HTML_LENGTH} characters`);
    }
    return sanitizeHtml(html, ALLOWED);
  } catch (error) {
    // Where emphasis goes thousands of levels deep, the reader fails like this, too: the stack overflows.
    if (error instanceof RangeError) {
      ctx.fail('invalid_markdown', `the Markdown is nested too deeply: quotes and lists may be ${MAX_DEPTH} deep`);
    }
    throw error;
  }
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SingleTaskDefinition } from '../../../functions/core/define-task.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { markdownRender } from '../../../tasks/markdown-render/definition.ts';
import { attempt, issuesOf, taskContext } from './task-context.ts';

const render = async (markdown: string): Promise<string> => {
  const { html } = (await attempt(markdownRender, { markdown })) as { html: string };
  return html;
};

describe('what it refuses', () => {
  test.each([{}, { markdown: 1 }, { markdown: 'a', more: 1 }, { markdown: 'x'.repeat(100_001) }, null, 'text'])(
    'the input %#',
    async (input) => expect(await issuesOf(markdownRender, input)).toHaveLength(1),
  );

  test('Markdown that is nested so deeply that the stack overflows', async () => {
    await expect(render('>'.repeat(50_000))).rejects.toMatchObject({ code: 'invalid_markdown', retryable: false });
  });
});

test('a short text that would become more than 3 MB of HTML is refused', async () => {
  const markdown = `[a]: /${'x'.repeat(3000)}\n\n${'[a] '.repeat(1_100)}`;
  await expect(render(markdown)).rejects.toMatchObject({
    code: 'invalid_markdown',
    message: 'its HTML would be longer than 3000000 characters',
  });
});

describe('what could run', () => {
  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><a xlink:href="javascript:alert(1)">x</a></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<object data="data:text/html,<script>alert(1)</script>"></object>',
    '<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<p style="background:url(javascript:alert(1))" onclick="alert(1)">x</p>',
    '<style>@import "javascript:alert(1)";</style>',
    '<link rel=stylesheet href="javascript:alert(1)"><base href="javascript:alert(1)//">',
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    '<input type="image" src=x onerror=alert(1) autofocus onfocus=alert(1)>',
    '<details open ontoggle=alert(1)>x</details>',
    '<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
    '<xmp><img src=x onerror=alert(1)></xmp>',
    '<<script>script>alert(1)<</script>/script>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](javascript&colon;alert(1))',
    '[x](vbscript:msgbox(1))',
    '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
    '![x](javascript:alert(1))',
    '![x](data:image/svg+xml,<svg/onload=alert(1)>)',
    '![x"onerror="alert(1)](https://example.com/a.png"onerror="alert(1))',
    '[x](https://example.com "a\\" onmouseover=\\"alert(1)")',
    '<javascript:alert(1)>',
    '[x]: javascript:alert(1)\n\n[x]',
    '```"><script>alert(1)</script>\ncode\n```',
    '`<script>alert(1)</script>`',
  ])('%s does not', async (markdown) => {
    expect(dangersIn(await render(markdown))).toEqual([]);
  });

  test('text from a tag that is dropped cannot become a tag', async () => {
    expect(await render('<b>&lt;img src=x onerror=alert(1)&gt;</b>')).toBe(
      '<p><b>&lt;img src=x onerror=alert(1)&gt;</b></p>\n',
    );
  });

  test('ids and names, which could shadow the variables of a page, are dropped', async () => {
    expect(await render('<a id="config" name="config" class="x">x</a>\n\n# config')).toBe(
      '<p><a rel="noopener noreferrer nofollow">x</a></p>\n<h1>config</h1>\n',
    );
  });
});

/** Matches tags and attributes beyond those that formatting needs, and URLs beyond those that show or lead to a page. */
function dangersIn(html: string): string[] {
  const tags = [...html.matchAll(/<\/?([^\s>/]*)((?:"[^"]*"|[^>"])*)>/g)];
  const harmless = /^(h[1-6]|p|a|img|code|pre|b|em|strong|table|thead|tbody|tr|t[hd]|details|input)$/;
  return tags.flatMap(([tag, name = '', rest = '']) => {
    const attributes = [...rest.matchAll(/([^\s=/]+)(?:="([^"]*)")?/g)];
    const harmful = attributes.filter(
      ([, attribute = '', value = '']) =>
        !/^(href|src|alt|title|rel|class|type|checked|disabled)$/.test(attribute) ||
        (/^(href|src)$/.test(attribute) && !/^https?:\/\//.test(value) && /^[^/?#]*(:|&)/.test(value)),
    );
    return harmless.test(name) && harmful.length === 0 ? [] : [tag];
  });
}

test('the check for dangers sees them', () => {
  const dangers = [
    '<script>',
    '<img onerror="x">',
    '<a href="javascript:x">',
    '<p onclick=x>',
    '<a href="java&#9;script:x">',
  ];
  expect(dangers.flatMap(dangersIn)).toEqual(dangers);
});

describe('what it renders', () => {
  test.each([
    ['# Title', '<h1>Title</h1>\n'],
    ['**a** *b* ~~c~~ `d`', '<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>\n'],
    ['```ts\nlet a = 1 < 2;\n```', '<pre><code class="language-ts">let a = 1 &lt; 2;\n</code></pre>\n'],
    ['```c++\n```', '<pre><code class="language-c++"></code></pre>\n'],
    ['![a](https://e.org/a.png "t")', '<p><img src="https://e.org/a.png" alt="a" title="t" /></p>\n'],
    ['[a](/b?c=1&d=2#e)', '<p><a href="/b?c=1&amp;d=2#e" rel="noopener noreferrer nofollow">a</a></p>\n'],
    ['a@e.org', '<p><a href="mailto:a@e.org" rel="noopener noreferrer nofollow">a@e.org</a></p>\n'],
    ['[a](//e.org)', '<p><a rel="noopener noreferrer nofollow">a</a></p>\n'],
    ['3. c', '<ol start="3">\n<li>c</li>\n</ol>\n'],
    ['H<sub>2</sub>O <kbd>x</kbd>', '<p>H<sub>2</sub>O <kbd>x</kbd></p>\n'],
    ['<marquee>kept</marquee>', '<p>kept</p>\n'],
    ['', ''],
  ])('%j', async (markdown, html) => {
    expect(await render(markdown)).toBe(html);
  });

  test('a table', async () => {
    const html = await render('| a | b |\n|:-:|---|\n| 1 | 2 |\n');
    expect(html).toContain('<th align="center">a</th>');
    expect(html).toContain('<td>2</td>');
  });

  test('a list of tasks, and no other input', async () => {
    const html = await render('- [x] done\n- [ ] open\n\n<input type="text" value="x"><input type="checkbox">');
    expect(html.match(/<input[^>]*>/g)).toEqual([
      '<input checked disabled type="checkbox" />',
      '<input disabled type="checkbox" />',
    ]);
  });
});

describe('Markdown that takes time by its square', () => {
  const entry = new URL('../../doubles/shipped-thread.ts', import.meta.url);
  const { isolate } = new HandlerThreads(entry, { outboundHosts: '' }, () => {}, RESOURCE_CLASS_SPECS);

  test.each([
    ['unclosed emphasis', '**a_'.repeat(25_000)],
    ['unclosed emphasis of one kind', '*a_'.repeat(33_000)],
    ['open brackets', '['.repeat(99_000)],
  ])('of %s ends with its attempt, and keeps no timer from its turn', async (_, markdown) => {
    const ctx = { ...taskContext(), task: { ...taskContext().task, type: 'markdown.render' } };
    const started = Date.now();
    const timeout = AbortSignal.timeout(500);
    const beats: number[] = [];
    const beat = setInterval(() => beats.push(Date.now()), 50);
    const ended = await isolate(
      markdownRender as SingleTaskDefinition,
      { handler: 'run', input: { markdown } },
      { ...ctx, signal: timeout },
    ).catch((reason: unknown) => reason);
    clearInterval(beat);
    const elapsed = Date.now() - started;
    expect(elapsed).toBeLessThan(20_000);
    // A timer that had to wait for the text would have come once or never, however long that took.
    expect(beats.length).toBeGreaterThan(elapsed / 50 / 4);
    expect(ended).toSatisfy(
      (end: unknown) => end === timeout.reason || typeof (end as { html: string }).html === 'string',
    );
  });
});

test.each(['1. ', '> ', '+ ', '>', '> 1. '])(
  'a line of nothing but %j is refused before it takes memory',
  async (marker) => {
    await expect(render(marker.repeat(100_000 / marker.length))).rejects.toMatchObject({ code: 'invalid_markdown' });
  },
);

describe('the files of users', () => {
  const fileOf = (name: string): string => readFileSync(new URL(`../../cases/text/${name}`, import.meta.url), 'utf8');

  test.each(
    (JSON.parse(fileOf('rules-refused.json')) as string[]).map((markdown) => [markdown.slice(0, 20), markdown]),
  )('%j and so on is rendered', async (_, markdown) =>
    expect(await render(markdown)).toMatch(/^(<hr \/>|<pre><code>- - |(<ul>\n<li>){115})/),
  );

  test('a heading behind a byte order mark is a heading', async () => {
    expect(await render(fileOf('bom-heading.md'))).toBe('<h1>a</h1>\n');
  });
});

describe('what looks nested and is not', () => {
  const markers = ['* ', '- ', '*\t', '*', '-', '_', '_ '];

  test.each(markers)('a rule of 30,000 %j is a rule, also in a quote and below a text', async (marker) => {
    const rule = marker.repeat(30_000);
    expect(await render(rule)).toBe('<hr />\n');
    expect(await render(`> ${rule}`)).toBe('<blockquote>\n<hr />\n</blockquote>\n');
    expect(await render(`# a\n\n${rule}\n\nb`)).toBe('<h1>a</h1>\n<hr />\n<p>b</p>\n');
  });

  test.each([...markers, '+ ', '> ', '1. ', '> 1. '])('in code, %j is text', async (marker) => {
    const line = marker.repeat(5_000).trimEnd();
    const text = line.replaceAll('>', '&gt;');
    for (const fence of ['```', '~~~']) {
      expect(await render(`${fence}\n${line}\n${fence}`)).toBe(`<pre><code>${text}\n</code></pre>\n`);
    }
    expect(await render(`    ${line}`)).toBe(`<pre><code>${text}\n</code></pre>\n`);
    expect(await render(`a \`${line}\``)).toBe(`<p>a <code>${text}</code></p>\n`);
  });

  test('in a paragraph, a hundred marks are text', async () => {
    expect(await render(`a ${'> 1. '.repeat(200)}b`)).toContain('&gt; 1. &gt; 1. ');
  });
});

test.each([
  ['> ', 200, '<blockquote>'],
  ['+ ', 200, '<ul>'],
  ['1. ', 200, '<ol>'],
  ['> 1. ', 100, '<blockquote>'],
])('%j may be repeated %i times', async (marker, times, tag) => {
  const html = await render(`${marker.repeat(times)}x`);
  expect(html.split(tag)).toHaveLength(times + 1);
  await expect(render(`${marker.repeat(201)}x`)).rejects.toMatchObject({ code: 'invalid_markdown', retryable: false });
});

describe('what CommonMark says of characters', () => {
  test.each([
    ['\ufeff# a', '<h1>a</h1>\n'],
    ['\ufeff', ''],
    ['\ufeff\ufeff# a', '<p>\ufeff# a</p>\n'],
    ['a\ufeffb', '<p>a\ufeffb</p>\n'],
    ['a\0b', '<p>a\ufffdb</p>\n'],
    ['`\0`', '<p><code>\ufffd</code></p>\n'],
    ['[a](/\0)', '<p><a href="/%EF%BF%BD" rel="noopener noreferrer nofollow">a</a></p>\n'],
    ['&#0;', '<p>\ufffd</p>\n'],
    ['# a\r\n\r\n* b\r* c', '<h1>a</h1>\n<ul>\n<li>b</li>\n<li>c</li>\n</ul>\n'],
  ])('%j', async (markdown, html) => expect(await render(markdown)).toBe(html));
});

test.each(['-'.repeat(500), '> > > quoted', '* * *', `a\n${'='.repeat(500)}`, `| a |\n| ${'-'.repeat(500)} |`])(
  'a document may have the line %#',
  async (markdown) => expect(await render(markdown)).toMatch(/^<(hr|blockquote|h1|table)/),
);

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Earlier } from '../earlier.ts';
import type { Report } from '../report-model.ts';
import { escaped } from './markup.ts';
import { type Plot, plotsOf } from './plots.ts';
import { findings, header, tables, tiles } from './sections.ts';

const UPLOT = fileURLToPath(new URL('.', import.meta.resolve('uplot')));

/** A report as one page, which holds all that it needs. */
export async function pageOf(report: Report, earlier: Earlier | undefined): Promise<string> {
  const plots = plotsOf(report, earlier);
  const [script, style, uplotScript, uplotStyle] = await Promise.all([
    ...['plots.js', 'page.css'].map((name) => readFile(join(import.meta.dirname, name), 'utf8')),
    ...['uPlot.iife.min.js', 'uPlot.min.css'].map((name) => readFile(join(UPLOT, name), 'utf8')),
  ]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace: ${escaped(report.scenario)}</title>
<style>${uplotStyle}${style}</style>
</head>
<body>
<main>
${header(report, earlier)}
${tiles(report, earlier)}
${findings(report, earlier)}
<div class="plots">
${plots.map(section).join('\n')}
</div>
${tables(report, earlier)}
</main>
<script type="application/json" id="plots">${JSON.stringify(plots).replaceAll('<', '\\u003c')}</script>
<script>${uplotScript}</script>
<script>${script}</script>
</body>
</html>
`;
}

const section = ({ title, unit, note }: Plot): string => `<section class="card plot">
<h2>${escaped(title)} <small>${escaped(unit)}</small></h2>
${note === undefined ? '' : `<p class="note">${escaped(note)}</p>`}
<div class="canvas"></div>
</section>`;

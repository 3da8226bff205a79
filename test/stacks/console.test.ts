import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, test } from 'vitest';
import { CONSOLE_SITE } from '../../functions/contract.ts';
import { bundle } from '../../lib/constructs/bundle.ts';
import { consoleSite } from '../../lib/constructs/console-site.ts';

const MAX_GZIP_BYTES = 100_000;

const outdir = mkdtempSync(join(tmpdir(), 'millrace-console-'));
afterAll(() => rmSync(outdir, { recursive: true }));
bundle(new Stack(new App({ outdir }), 'Console'), 'console', { files: consoleSite() });

const directory = join(outdir, 'bundle.console');
const names = readdirSync(join(directory, CONSOLE_SITE));
const file = (name: string) => readFileSync(join(directory, CONSOLE_SITE, name));
const page = file('index.html').toString();
const assets = names.filter((name) => /\.(js|css)$/.test(name));

describe('the console as it is deployed', () => {
  test('is a page, a script and a style', () => {
    expect(assets.map((name) => name.replace(/-\w{8}\./, '.')).sort()).toEqual(['main.css', 'main.js']);
  });

  test('is small: everything in under 100 KB of gzip', () => {
    const bytes = names.filter((name) => name.endsWith('.gz')).reduce((sum, name) => sum + file(name).length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(MAX_GZIP_BYTES);
  });

  test('has each file compressed beside it', () => {
    for (const name of ['index.html', ...assets]) {
      expect(brotliDecompressSync(file(`${name}.br`)).equals(file(name)), name).toBe(true);
      expect(gunzipSync(file(`${name}.gz`)).equals(file(name)), name).toBe(true);
    }
  });

  test('names its files relative to its own address, so that a prefix of the API does not matter', () => {
    const references = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, reference = '']) => reference);
    const named = references.filter((reference) => !reference.startsWith('data:'));
    expect(named.sort()).toEqual(assets.map((name) => `console/${name}`));
  });

  test('has nothing in its page that the policy of the page forbids', () => {
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|javascript:/);
  });

  test('lies beside the door that serves it', () => {
    expect(existsSync(join(directory, 'index.mjs'))).toBe(true);
  });
});

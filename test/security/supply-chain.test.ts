import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };

type Package = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
};
const packages = Object.entries(lock.packages as Record<string, Package>).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('what is installed', () => {
  it('is found', () => expect(packages.length).toBeGreaterThan(100));

  it('is of one version, from the registry, and has the content that was locked', () => {
    const loose = packages.filter(
      ([, { resolved, integrity, link, inBundle }]) =>
        link !== true &&
        inBundle !== true &&
        !(
          (resolved === undefined || resolved.startsWith('https://registry.npmjs.org/')) &&
          integrity?.startsWith('sha512-')
        ),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('is what the manifest says, exactly', () => {
    const asked = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(asked)) {
      expect([name, (lock.packages as Record<string, Package>)[`node_modules/${name}`]?.version]).toEqual([
        name,
        version,
      ]);
    }
  });

  it('runs nothing when it is installed, but for two that no function holds; a team gets one of them', () => {
    const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(new Set(scripts.map(([path]) => nameOf(path)))).toEqual(new Set(['esbuild', 'node']));
    expect(scripts.flatMap(([path, { dev }]) => (dev === true ? [] : [nameOf(path)]))).toEqual(['esbuild']);
  });

  it('is of exact versions for Python, too', () => {
    const text = readFileSync(new URL('../../local/requirements.txt', import.meta.url), 'utf8');
    const lines = text.split('\n').filter((line) => /^[a-z]/i.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^[\w.[\]-]+==[\w.]+/);
  });
});

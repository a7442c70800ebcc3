import { describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import lock from '../package-lock.json' with { type: 'json' };
import { read } from './support/source.js';

interface Locked {
  version?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
  integrity?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

const LOCKED = Object.entries(lock.packages as Record<string, Locked>)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ name: path.replace(/^.*node_modules\//, ''), ...entry }));

/** The oldest version, per major where several are kept up, without a known hole in what is used here. */
const FLOORS: Record<string, readonly string[]> = {
  axios: ['1.18.0'],
  'body-parser': ['1.20.6', '2.3.0'],
  express: ['4.21.2', '5.1.0'],
  'fast-xml-parser': ['5.11.0'],
  'follow-redirects': ['1.16.0'],
  'form-data': ['4.0.6'],
  'lodash.merge': ['4.6.2'],
  'path-to-regexp': ['0.1.13', '8.4.0'],
  qs: ['6.16.0'],
  undici: ['7.29.0'],
};

function numbers(version: string): number[] {
  return version
    .replace(/^[^\d]*/, '')
    .split('.')
    .map(Number);
}

function isAtLeast(version: string, floor: string): boolean {
  const [have, want] = [numbers(version), numbers(floor)];
  const different = want.findIndex((number, index) => number !== have[index]);
  return different < 0 || (have[different] ?? 0) > (want[different] ?? 0);
}

/** The floor that holds for a version: that of its own major, or of the next one below which nothing is good. */
function floorFor(name: string, version: string): string | undefined {
  const floors = FLOORS[name] ?? [];
  return floors.find((floor) => (numbers(floor)[0] ?? 0) >= (numbers(version)[0] ?? 0));
}

describe('D01 dependencies', () => {
  test('D01 every locked version is above its floor', () => {
    const known = LOCKED.filter(({ name }) => name in FLOORS);
    expect(new Set(known.map(({ name }) => name))).toContain('axios');
    const low = known.filter(({ name, version = '0' }) => {
      const floor = floorFor(name, version);
      return floor !== undefined && !isAtLeast(version, floor);
    });
    expect(low.map(({ name, version }) => `${name}@${version}`)).toEqual([]);
  });

  test('D01 the lowest version that a user may get is above its floor', () => {
    const low = Object.entries(manifest.dependencies).filter(([name, range]) => {
      expect(range, name).toMatch(/^\^\d+\.\d+\.\d+$/);
      const floor = floorFor(name, range.slice(1));
      return floor !== undefined && !isAtLeast(range, floor);
    });
    expect(low).toEqual([]);
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(5);
  });

  test('D01 nothing that users install runs a script, and here no script of a package runs', () => {
    const withScript = LOCKED.filter(({ hasInstallScript }) => hasInstallScript);
    expect(withScript.filter(({ dev }) => !dev)).toEqual([]);
    // The two that development needs come with ready-made binaries.
    expect(withScript.map(({ name }) => name).filter((name) => !['esbuild', 'fsevents'].includes(name))).toEqual([]);
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    expect(manifest.scripts).not.toHaveProperty('postinstall');
  });

  test('D01 every package is pinned by its hash, from no particular place, and none is a known trojan', () => {
    expect(LOCKED.filter(({ integrity }) => !integrity).map(({ name }) => name)).toEqual([]);
    expect(LOCKED.filter(({ resolved }) => resolved).map(({ name }) => name)).toEqual([]);
    expect(LOCKED.map(({ name }) => name)).not.toContain('plain-crypto-js');
  });

  test('D01 the lock file has the packages of every platform, without which npm ci refuses it', () => {
    const names = new Set(LOCKED.map(({ name }) => name));
    const missing = LOCKED.flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies)).filter(
      (name) => !names.has(name),
    );
    expect(missing).toEqual([]);
  });

  test('D01 the floors are compared number by number', () => {
    expect(isAtLeast('1.18.0', '1.18.0')).toBe(true);
    expect(isAtLeast('1.9.9', '1.18.0')).toBe(false);
    expect(isAtLeast('2.0.0', '1.18.0')).toBe(true);
    expect(floorFor('express', '4.22.3')).toBe('4.21.2');
    expect(floorFor('express', '5.3.0')).toBe('5.1.0');
    expect(floorFor('express', '3.0.0')).toBe('4.21.2');
    expect(floorFor('undici', '8.0.0')).toBeUndefined();
  });
});

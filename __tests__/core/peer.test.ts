import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformWithEsbuild } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lazyPeer } from '../../lib/core/peer.js';
import { GatewayError } from '../../lib/errors.js';

function notFound(name: string): Error {
  return Object.assign(new Error(`Cannot find package '${name}' imported from somewhere`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
}

describe('a peer', () => {
  test('is loaded once, on first use', async () => {
    let loads = 0;
    const peer = lazyPeer('zod', 'A test', () => {
      loads++;
      return Promise.resolve({ loads });
    });
    expect(loads).toBe(0);
    expect(await Promise.all([peer.load(), peer.load()])).toEqual([{ loads: 1 }, { loads: 1 }]);
    expect(await peer.load()).toEqual({ loads: 1 });
  });

  test('that failed to load is tried again', async () => {
    let loads = 0;
    const peer = lazyPeer('zod', 'A test', () =>
      ++loads === 1 ? Promise.reject(new Error('disk')) : Promise.resolve(loads),
    );
    await expect(peer.load()).rejects.toThrow('disk');
    expect(await peer.load()).toBe(2);
  });

  test('that is missing says in one sentence what to do', async () => {
    const name = 'express-tributary-no-such-package';
    const peer = lazyPeer(name, 'The encoding "x"', () => Promise.reject(notFound(name)));
    const sentence = `The encoding "x" needs the package "${name}", which is not installed: npm install ${name}`;
    expect(peer.fault()).toBe(sentence);
    const failure = await peer.load().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GatewayError);
    expect(failure).toMatchObject({ code: 'ERR_PEER_MISSING', message: sentence });
  });

  test('is not called missing when something it needs itself is', async () => {
    const peer = lazyPeer('zod', 'A test', () => Promise.reject(notFound('something-else')));
    await expect(peer.load()).rejects.toThrow("Cannot find package 'something-else'");
  });

  test('is found where it is installed, scoped or not', () => {
    for (const name of ['zod', 'yaml', '@vitest/expect']) {
      expect(lazyPeer(name, 'A test', () => Promise.resolve()).fault()).toBeUndefined();
    }
  });
});

describe('in an app that runs somewhere else', () => {
  let app: string;

  beforeAll(async () => {
    app = mkdtempSync(join(tmpdir(), 'tributary-peer-'));
    for (const format of ['cjs', 'esm'] as const) {
      const folder = join(app, 'node_modules', 'library', format);
      write(join(folder, 'package.json'), JSON.stringify({ type: format === 'cjs' ? 'commonjs' : 'module' }));
      for (const file of ['lib/core/peer.ts', 'lib/errors.ts', 'lib/core/brand.ts']) {
        const { code } = await transformWithEsbuild(readFileSync(file, 'utf8'), file, { format, tsconfigRaw: {} });
        write(join(folder, file.replace(/^lib\//, '').replace(/\.ts$/, '.js')), code);
      }
    }
    install('only-import', { exports: { import: './index.mjs' } }, 'index.mjs', 'export default 1;');
    install('plain', { main: 'index.js' }, 'index.js', 'module.exports = 1;');
  });

  function install(name: string, manifest: object, file: string, source: string): void {
    const folder = join(app, 'node_modules', name);
    write(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
    write(join(folder, file), source);
  }

  function write(file: string, text: string): void {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }

  afterAll(() => {
    rmSync(app, { recursive: true, force: true });
  });

  test.each(['cjs', 'esm'])('the %s build finds what stands beside it, and nothing else', (format) => {
    const file = JSON.stringify(join(app, 'node_modules', 'library', format, 'core/peer.js'));
    const script = `
      const loaded = ${format === 'cjs' ? `Promise.resolve(require(${file}))` : `import(${file})`};
      loaded.then(({ lazyPeer }) => {
        const names = ['plain', 'only-import', 'not-there'];
        console.log(JSON.stringify(names.map((name) => lazyPeer(name, 'x', () => import(name)).fault() === undefined)));
      });`;
    const output = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual([true, true, false]);
  });

  test.each(['cjs', 'esm'])('the %s build loads at once what it depends on, or says where it belongs', (format) => {
    const file = JSON.stringify(join(app, 'node_modules', 'library', format, 'core/peer.js'));
    const script = `
      const loaded = ${format === 'cjs' ? `Promise.resolve(require(${file}))` : `import(${file})`};
      loaded.then(({ requirePackage }) => {
        console.log(requirePackage('plain', 'A test'));
        try { requirePackage('not-there', 'A test'); } catch ({ code, message }) { console.log(code, message); }
      });`;
    const output = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    expect(output.split('\n')).toEqual([
      '1',
      expect.stringMatching(/^ERR_PEER_MISSING A test needs the package "not-there", which is not there: install it/),
      '',
    ]);
  });
});

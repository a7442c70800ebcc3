import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformWithEsbuild } from 'vite';
import { describe, expect, test } from 'vitest';
import { type Fence, fencesIn } from '../support/fences.js';
import { filesIn, ROOT, read } from '../support/source.js';

const PAGES = ['README.md', ...filesIn('docs', /\.md$/)];
const BLOCKS = PAGES.flatMap((page) => fencesIn(read(page)).map((fence) => ({ page, ...fence })));
const PRELOAD = join(ROOT, '__tests__/support/idle-listen.mjs');

function titled<T extends { page: string } & Fence>(blocks: readonly T[]): [string, T][] {
  return blocks.map((block) => [`${block.page}:${block.line}`, block]);
}

/** Runs code as a module at the root of the project, where `express-tributary` means the built package. */
function run(code: string): Promise<{ stdout: string; stderr: string; code: number }> {
  return new Promise((resolve) => {
    const args = ['--import', PRELOAD, '--input-type=module', '-'];
    const child = execFile(process.execPath, args, { cwd: ROOT, timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error ? Number(error.code ?? 1) : 0 });
    });
    child.stdin?.end(code);
  });
}

describe('programs in the docs run and print what they say', () => {
  const programs = BLOCKS.filter(({ language }) => language === 'js' || language === 'ts');

  test.concurrent.each(titled(programs))('%s', { timeout: 15_000 }, async (at, { language, code, prints }) => {
    const script = language === 'ts' ? (await transformWithEsbuild(code, `${at}.ts`, { target: 'es2023' })).code : code;
    const { stdout, stderr, code: exit } = await run(script);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    if (prints !== undefined) expect(stdout).toBe(prints);
  });
});

test('the types of the docs are right', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-docs-'));
  const programs = BLOCKS.filter(({ language }) => language === 'ts');
  const files = programs.map(({ page, line, code }) => {
    const file = join(folder, `${page.replaceAll('/', '-')}-${line}.mts`);
    writeFileSync(file, code);
    return file;
  });
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    target: 'es2023',
    module: 'esnext',
    moduleResolution: 'bundler',
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: {
      'express-tributary': [join(ROOT, 'dist/esm/index.d.ts')],
      'express-tributary/testing': [join(ROOT, 'dist/esm/testing/index.d.ts')],
      '*': [join(ROOT, 'node_modules/@types/*'), join(ROOT, 'node_modules/*')],
    },
  };
  const project = join(folder, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project]).catch(
    (error) => error,
  );
  rmSync(folder, { recursive: true });
  expect(stdout).toBe('');
});

describe('configurations in the docs are accepted', () => {
  const configurations = BLOCKS.filter(({ language }) => language === 'json');

  test.concurrent.each(titled(configurations))('%s', { timeout: 15_000 }, async (_at, { code }) => {
    const config = completed(JSON.parse(code));
    if (config === undefined) return;
    const script = `
      import { createGateway } from 'express-tributary';
      await createGateway(${JSON.stringify(config)}).close();
    `;
    expect(await run(script)).toEqual({ stdout: '', stderr: '', code: 0 });
  });
});

/** A whole configuration around a part of one; undefined when it is none. */
function completed(part: Record<string, unknown>): object | undefined {
  if ('endpoints' in part) return part;
  if ('endpoint' in part) return { host: ['http://127.0.0.1:1'], endpoints: [part] };
  if ('url_pattern' in part)
    return completed({ endpoint: `/docs${paramsOf(String(part.url_pattern))}`, backend: [part] });
  if ('extra_config' in part) return completed({ ...part, url_pattern: '/' });
  return undefined;
}

function paramsOf(pattern: string): string {
  return (pattern.match(/\{[^}]+\}/g) ?? []).map((param) => `/${param}`).join('');
}

test('the README shows ten lines, two commands, and what it promises comes true', async () => {
  const [program, commands] = fencesIn(read('README.md')) as [Fence, Fence];
  expect(program.code.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
  expect(commands.code.trim().split('\n')).toHaveLength(2);

  // The same program with two real backends: only the ports are other ones, and the answer is printed at the end.
  const script = `
    import { createServer } from 'node:http';
    import { once } from 'node:events';
    async function serve(document) {
      const server = createServer((_request, response) => response.end(JSON.stringify(document)));
      await once(server.listen(0), 'listening');
      return [server, 'http://127.0.0.1:' + server.address().port];
    }
    const [, users] = await serve({ id: 7, name: 'Ada', password: 'x' });
    const [orderService, orders] = await serve([{ id: 1 }]);
    ${program.code
      .replace("'http://127.0.0.1:8081'", 'users')
      .replace("'http://127.0.0.1:8082'", 'orders')
      .replace('express()', 'const server = express()')}
    await once(server, 'listening');
    async function ask() {
      const response = await fetch(\`http://127.0.0.1:\${server.address().port}/api/users/7\`);
      console.log(response.headers.get('x-krakend-completed'), await response.text());
    }
    await ask();
    orderService.close();
    orderService.closeAllConnections();
    await ask();
    await gateway.close();
  `;
  expect(await run(script)).toEqual({
    stdout: 'true {"id":7,"name":"Ada","orders":[{"id":1}]}\nfalse {"id":7,"name":"Ada"}\n',
    stderr: '',
    code: 0,
  });
}, 15_000);

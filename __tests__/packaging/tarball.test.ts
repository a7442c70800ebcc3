// Packs the package as npm publishes it, installs it into scratch projects and lets each of them serve a request.
// Needs the registry's cache of npm, so it is not part of `npm test`: `npm run packaging`.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { importsOf, ROOT, read } from '../support/source.js';

const run = promisify(execFile);
const MINUTE = 60_000;

/** The oldest compiler and Express that are promised to work, and the newest. */
const GENERATIONS = [
  { express: '4', packages: ['express@4.17.0', '@types/express@^4.17.0', 'typescript@~5.4.0'] },
  { express: '5', packages: ['express@^5.0.0', '@types/express@^5.0.0', 'typescript@^7.0.0'] },
];
const PROGRAMS = ['main.mjs', 'main.cjs', 'main.mts', 'main.cts'];
/** This Node, and others whose programs stand in NODES: the packed package has to run on each. */
const NODES = [process.execPath, ...(process.env.NODES ?? '').split(':').filter((path) => path !== '')];

let scratch: string;
let packed: { filename: string; files: { path: string }[] };

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'tributary-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: ROOT });
  [packed] = JSON.parse(stdout);
}, MINUTE);

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test('the tarball has both builds with their types, the documents npm wants, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  for (const build of ['cjs', 'esm']) {
    for (const entry of ['index', 'testing/index']) {
      expect(paths).toContain(`dist/${build}/${entry}.js`);
      expect(paths).toContain(`dist/${build}/${entry}.d.ts`);
    }
  }
  const others = paths.filter((path) => !/^dist\/(cjs|esm)\/.*\.(js|d\.ts)$/.test(path));
  const documents = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/esm/package.json',
    'docs/schema.json',
    'package.json',
  ];
  expect(others.sort()).toEqual(documents);
});

/** What a declaration and all it leads to import from outside. */
function packagesBehind(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return importsOf(file, read(file)).flatMap(({ to }) =>
    to.startsWith('dist/') ? packagesBehind(to.replace(/\.ts$/, '.d.ts'), seen) : [to],
  );
}

test.each(['cjs', 'esm'])('the types lean on nothing that a user may not have: %s', (build) => {
  const packages = ['index', 'testing/index'].flatMap((entry) => packagesBehind(`dist/${build}/${entry}.d.ts`));
  const foreign = packages.filter((name) => !isBuiltin(name));
  expect(foreign.length).toBeGreaterThan(0);
  expect(foreign.filter((name) => !(name in manifest.dependencies))).toEqual([]);
});

describe.each(GENERATIONS)('with Express $express', ({ express, packages }) => {
  let folder: string;

  beforeAll(async () => {
    folder = join(scratch, `express-${express}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const tarball = join(scratch, packed.filename);
    const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
    await run('npm', ['install', ...flags, tarball, '@types/node@^20.0.0', ...packages], { cwd: folder });
  }, 5 * MINUTE);

  test.each(PROGRAMS)('%s', { timeout: MINUTE }, async (program) => {
    copyFileSync(join(ROOT, '__tests__/packaging/projects', program), join(folder, program));
    const script = program.endsWith('ts') ? await compile(folder, program) : program;
    for (const node of NODES) {
      const { stdout, stderr } = await run(node, [script], { cwd: folder });
      expect([node, JSON.parse(stdout)]).toEqual([
        node,
        { same: true, served: { a: 1, b: 1 }, tested: { stub: true } },
      ]);
      expect(stderr).toBe('');
    }
  });

  test('the Express it runs on is the app’s own', async () => {
    const { stdout } = await run('npm', ['ls', 'express', '--json', '--all'], { cwd: folder });
    const versions = [...stdout.matchAll(/"express": \{\s+"version": "(\d+)/g)].map(([, major]) => major);
    expect(new Set(versions)).toEqual(new Set([express]));
  });
});

test('types are inferred by the last TypeScript that is written in JavaScript too', {
  timeout: 2 * MINUTE,
}, async () => {
  const folder = join(scratch, 'typescript');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', 'typescript@~5.9.0'], { cwd: folder });
  const project = join(ROOT, '__tests__/types');
  await run(join(folder, 'node_modules/.bin/tsc'), ['-p', project]).catch(({ stdout }) => {
    throw new Error(`TypeScript 5.9 refuses ${project}:\n${stdout}`);
  });
});

/** As strict as a user may be: the declarations of the package and of all it depends on are checked too. */
async function compile(folder: string, program: string): Promise<string> {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    outDir: 'compiled',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [program] }));
  await run(join(folder, 'node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }) => {
    throw new Error(`tsc refuses ${program}:\n${stdout}`);
  });
  return join('compiled', program.replace('ts', 'js'));
}

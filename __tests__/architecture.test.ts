import { hostname } from 'node:os';
import { basename, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { filesIn, findCycle, importsOf, read, withoutComments } from './support/source.js';

const SOURCES = filesIn('lib', /\.ts$/).map((file) => {
  const text = read(file);
  return { file, text, imports: importsOf(file, text) };
});

/** What the parts of lib may import as values, beside themselves, `core` and the vocabulary: the files of the root that stand for no layer. */
const LAYERS: Record<string, readonly string[]> = {
  vocabulary: ['core'],
  core: ['vocabulary'],
  config: [],
  request: ['config'],
  response: ['request'],
  router: ['config', 'request', 'response', 'observe'],
  endpoint: ['config'],
  backend: ['config'],
  transport: ['config'],
  manipulation: ['config'],
  encoding: ['config'],
  sd: ['config'],
  observe: [],
  express: [],
  components: ['config', 'observe'],
  shortcuts: ['config', 'endpoint', 'backend', 'manipulation', 'encoding', 'components'],
  pipeline: [
    'shortcuts',
    'config',
    'endpoint',
    'backend',
    'transport',
    'manipulation',
    'encoding',
    'sd',
    'observe',
    'components',
  ],
  options: ['pipeline', 'config', 'endpoint', 'transport', 'encoding', 'sd', 'observe', 'components', 'request'],
  plan: [
    'config',
    'request',
    'response',
    'router',
    'endpoint',
    'backend',
    'transport',
    'encoding',
    'sd',
    'observe',
    'components',
    'shortcuts',
    'pipeline',
    'options',
  ],
  lifecycle: ['config', 'router', 'transport', 'plan', 'options'],
  gateway: ['config', 'router', 'transport', 'observe', 'express', 'components', 'options', 'lifecycle'],
  testing: [
    'config',
    'observe',
    'request',
    'response',
    'router',
    'transport',
    'components',
    'options',
    'lifecycle',
    'gateway',
  ],
  index: [
    'config',
    'gateway',
    'lifecycle',
    'options',
    'encoding',
    'observe',
    'express',
    'components',
    'sd',
    'endpoint',
    'transport',
    'manipulation',
  ],
};
/** What every layer may import. */
const COMMON = ['vocabulary', 'core'];

/** Files that others may import types from, across the folders. */
const SHARED_TYPES = new Set([
  'lib/backend/client.ts',
  'lib/components/component.ts',
  'lib/encoding/encoding.ts',
  'lib/endpoint/outcome.ts',
  'lib/manipulation/formatter.ts',
  'lib/router/matcher.ts',
  'lib/sd/balancer.ts',
  'lib/sd/subscriber.ts',
  'lib/transport/transport.ts',
]);

/** May see the components: what composes them, and themselves. */
const SEES_COMPONENTS = new Set([
  'components',
  'shortcuts',
  'pipeline',
  'options',
  'plan',
  'gateway',
  'testing',
  'index',
]);

function layerOf(file: string): string {
  const [, folder = '', rest] = file.split('/');
  if (rest !== undefined) return folder;
  const name = basename(folder, '.ts');
  return name in LAYERS ? name : 'vocabulary';
}

function isInside(to: string): boolean {
  return to.startsWith('lib/');
}

describe('imports', () => {
  test('every folder has a place among the layers', () => {
    for (const { file } of SOURCES) expect(LAYERS, file).toHaveProperty(layerOf(file));
  });

  test('values are imported in the allowed directions only', () => {
    const wrong = SOURCES.flatMap(({ file, imports }) => {
      const from = layerOf(file);
      const allowed = new Set([from, ...COMMON, ...(LAYERS[from] ?? [])]);
      return imports
        .filter(({ to, isType }) => isInside(to) && !isType && !allowed.has(layerOf(to)))
        .map(({ to }) => `${file} → ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test('types cross the folders by the files for it only', () => {
    const wrong = SOURCES.flatMap(({ file, imports }) => {
      const from = layerOf(file);
      const allowed = new Set([from, ...COMMON, ...(LAYERS[from] ?? [])]);
      return imports
        .filter(({ to, isType }) => isInside(to) && isType && !allowed.has(layerOf(to)) && !SHARED_TYPES.has(to))
        .map(({ to }) => `${file} → ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test('only what composes the components sees them', () => {
    const wrong = SOURCES.filter(
      ({ file, imports }) =>
        !SEES_COMPONENTS.has(layerOf(file)) && imports.some(({ to }) => to.startsWith('lib/components/')),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('nothing imports in a circle', () => {
    const graph = new Map(
      SOURCES.map(({ file, imports }) => [file, imports.filter(({ isType }) => !isType).map(({ to }) => to)]),
    );
    expect(findCycle(graph)).toBeUndefined();
  });

  test('every import leads to a file, and ends in .js', () => {
    const known = new Set(SOURCES.map(({ file }) => file));
    const missing = SOURCES.flatMap(({ file, imports }) =>
      imports.filter(({ to }) => to.startsWith('lib') && !known.has(to)).map(({ to }) => `${file} → ${to}`),
    );
    expect(missing).toEqual([]);
    for (const { file, text } of SOURCES) expect(text, file).not.toMatch(/from '\.[^']*(?<!\.js)';/);
  });
});

describe('packages', () => {
  const dependencies = new Set(Object.keys(manifest.dependencies));
  const peers = Object.keys(manifest.peerDependencies);
  const optional = new Set(
    Object.keys('peerDependenciesMeta' in manifest ? (manifest.peerDependenciesMeta as object) : {}),
  );
  const packages = SOURCES.flatMap(({ file, imports }) =>
    imports.filter(({ to }) => !isInside(to) && !to.startsWith('node:')).map((entry) => ({ file, ...entry })),
  );

  test('what is imported at load is a dependency or a peer that must be there, and all of those are used', () => {
    const needed = new Set([...dependencies, ...peers.filter((name) => !optional.has(name))]);
    const loaded = new Set(packages.filter(({ isLazy, isType }) => !isLazy && !isType).map(({ to }) => to));
    expect([...loaded].filter((name) => !needed.has(name))).toEqual([]);
    expect([...needed].filter((name) => !loaded.has(name))).toEqual([]);
  });

  test('what is imported on first use is an optional peer, and every optional peer is used', () => {
    const lazy = new Set(packages.filter(({ isLazy, isType }) => isLazy && !isType).map(({ to }) => to));
    expect([...lazy].filter((name) => !(peers.includes(name) && optional.has(name)))).toEqual([]);
    expect([...optional].filter((name) => !lazy.has(name))).toEqual([]);
  });

  test('types come from packages that every user has', () => {
    const allowed = new Set([...dependencies, ...optional]);
    const wrong = packages.filter(({ isType, to }) => isType && !allowed.has(to));
    expect(wrong.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
  });

  test('each optional peer is named in the docs', () => {
    const docs = filesIn('docs', /\.md$/).map(read).join('\n');
    expect([...optional].filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
  });

  test('only the two entry points are reachable, and both list their exports by hand', () => {
    const targets = JSON.stringify(manifest.exports).match(/\.\/dist\/[^"]+(?<!\.d)\.js/g) ?? [];
    expect([...new Set(targets.map((target) => target.replace(/^\.\/dist\/(cjs|esm)\//, '')))].sort()).toEqual([
      'index.js',
      'testing/index.js',
    ]);
    for (const entry of ['lib/index.ts', 'lib/testing/index.ts']) expect(read(entry)).not.toMatch(/export \*/);
  });
});

describe('source', () => {
  test('there is no any, and no check is switched off without a reason', () => {
    for (const { file, text } of SOURCES) {
      expect(withoutComments(text), file).not.toMatch(/[:<|&(,]\s*any\b|\bas any\b|\bany\[\]/);
      expect(text, file).not.toMatch(/@ts-(ignore|nocheck|expect-error)/);
      expect(text, file).not.toMatch(/biome-ignore(?! \S+: \S.{10})/);
    }
  });

  test('every file with behaviour has a test that mirrors it', () => {
    const tests = new Set(filesIn('__tests__'));
    const untested = SOURCES.filter(({ file, text }) => basename(file) !== 'index.ts' && hasBehaviour(text))
      .map(({ file }) => file.replace(/^lib/, '__tests__').replace(/\.ts$/, '.test.ts'))
      .filter((file) => !tests.has(file));
    expect(untested).toEqual([]);
  });

  test('nothing in the repository knows the machine it was written on', () => {
    const machine = [/\/work\/(main|shared|\.)/, /\/root\//, /\/home\/\w+\/\w/, /registry\.(npmjs|yarnpkg)/];
    if (hostname().length > 5) machine.push(new RegExp(`\\b${hostname()}\\b`));
    const wrong = filesIn('.', /\.(m?[tj]s|json|md|ya?ml|html|svg)$|(^|\/)\.?[^.]+$/)
      .filter((file) => file !== '__tests__/architecture.test.ts')
      .filter((file) => machine.some((pattern) => pattern.test(read(file))));
    expect(wrong).toEqual([]);
  });

  test('the top level holds what it should and nothing else', () => {
    const top = new Set(filesIn('.').map((file) => file.split('/')[0]));
    expect([...top].sort()).toEqual([
      '.ci',
      '.gitignore',
      '.npmrc',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      '__tests__',
      'biome.json',
      'docs',
      'examples',
      'lib',
      'package-lock.json',
      'package.json',
      'tsconfig.json',
    ]);
  });
});

describe('docs', () => {
  test('every error code has a heading of its own', () => {
    const codes = [...read('lib/errors.ts').matchAll(/^ {2}(ERR_\w+): \{/gm)].map(([, code]) => code);
    const headings = [...read('docs/errors.md').matchAll(/^## `(ERR_\w+)`$/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(headings.sort()).toEqual(codes.sort());
  });

  test('every error code has its cause, and what to do about it', () => {
    const [, ...sections] = read('docs/errors.md').split(/^## /m);
    const vague = sections.filter(
      (section) => section.startsWith('`ERR_') && !/^`ERR_\w+`\n\n\w[\s\S]+\n\*\*What to do:\*\* \w/.test(section),
    );
    expect(vague).toEqual([]);
  });

  test('every component has a page, and every page a component', () => {
    const namespaces = SOURCES.filter(({ file }) => file.startsWith('lib/components/')).flatMap(({ text }) =>
      [...withoutComments(text).matchAll(/^ {2,4}namespace: '([^']+)'/gm)].map(([, namespace]) => namespace),
    );
    const pages = filesIn('docs', /^docs\/components\/.*\.md$/).flatMap((page) =>
      [...read(page).matchAll(/^Namespace: `([^`]+)`/gm)].map(([, namespace]) => namespace),
    );
    expect(pages.sort()).toEqual(namespaces.sort());
  });

  test('no line of a log has a field that loggers fill themselves', () => {
    const own = /\blogger(?:\.|\[)[\w\]]+\(\s*\{[^}]*?\b(?:message|msg|level|time)\b\s*[:,}]/g;
    expect('logger.warn({ at, message: 1 }, "x")').toMatch(own);
    const lines = SOURCES.flatMap(({ file, text }) => [...text.matchAll(own)].map(([line]) => `${file}: ${line}`));
    expect(lines).toEqual([]);
  });

  test('every option of createGateway has a row', () => {
    const [, list = ''] = /interface GatewayOptions[^{]*\{([\s\S]*?)\n\}/.exec(read('lib/options.ts')) ?? [];
    const options = [...list.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
    const rows = [...read('docs/index.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(5);
    expect(rows.sort()).toEqual(options.sort());
  });

  test('every example is linked from the README and run by a test', () => {
    const folders = new Set(filesIn('examples', /server\.mjs$/).map((file) => file.split('/')[1] ?? ''));
    const tests = filesIn('__tests__/examples', /\.test\.ts$/)
      .map(read)
      .join('\n');
    expect(folders.size).toBeGreaterThan(1);
    for (const folder of folders) {
      expect(read('README.md')).toContain(`(examples/${folder})`);
      expect(tests).toMatch(new RegExp(`\\b${folder}\\b`));
    }
  });

  test('links between pages lead somewhere', () => {
    const all = new Set(filesIn('.'));
    const broken = [...all]
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)\s]*)?\)/g)]
          .map(([, link = '']) => posix.join(posix.dirname(file), link).replace(/\/$/, ''))
          .filter((link) => !all.has(link) && ![...all].some((other) => other.startsWith(`${link}/`)))
          .map((link) => `${file} → ${link}`),
      );
    expect(broken).toEqual([]);
  });

  test('links to a heading name one that is there', () => {
    const pages = new Map(
      filesIn('.', /\.md$/).map((file) => {
        const text = read(file).replace(/^```[\s\S]*?^```/gm, '');
        return [
          file,
          { text, anchors: [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)) },
        ];
      }),
    );
    expect(pages.get('docs/errors.md')?.anchors).toContain('err_config');
    const broken = [...pages].flatMap(([file, { text }]) =>
      [...text.matchAll(/\]\(([^)#:\s]*)#([^)\s]+)\)/g)]
        .filter(([, link, anchor = '']) => {
          const page = pages.get(link ? posix.join(posix.dirname(file), link) : file);
          return page !== undefined && !page.anchors.includes(anchor);
        })
        .map(([link]) => `${file} → ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

/** What a heading is called in links, as GitHub does it. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
}

/** Something is exported that exists at run time and does more than hold a text or a number. */
function hasBehaviour(text: string): boolean {
  const source = withoutComments(text);
  const constant = /^export const \w+(?:: [^=]+)? = (?:['\d]|\[|\{|Object\.freeze)/gm;
  return /^export (?:async )?(?:function|class|const|default)\b/m.test(source.replace(constant, ''));
}

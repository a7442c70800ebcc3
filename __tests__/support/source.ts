import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const GENERATED = ['node_modules', 'dist', 'coverage', '.git'];

/** Every file below `folder`, as paths relative to the root of the project. */
export function filesIn(folder: string, pattern = /./, skipped: readonly string[] = GENERATED): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.includes(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path, pattern, skipped);
    return pattern.test(path) ? [path] : [];
  });
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Comments blanked out, strings kept: enough of a lexer for source that a formatter has been over. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(['"`])(?:\\.|(?!\1)[^\\])*?\1|\/\/[^\n]*/g, (match) =>
    match.startsWith('/') ? ' ' : match,
  );
}

export interface Import {
  /** A path below the root for files of the project, else the package's name. */
  readonly to: string;
  readonly isType: boolean;
  /** True for `import('…')`, which runs when it is called. */
  readonly isLazy: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
/** Of a dependency, loaded when it is used: counts as an import of it. */
const REQUIRED = /\brequirePackage(?:<\w+>)?\(\s*'([^']+)'/g;
const LAZY = /\bimport\(\s*'([^']+)'\s*\)/g;

/** What a source file imports or re-exports. */
export function importsOf(file: string, text: string): Import[] {
  const source = withoutComments(text);
  const fixed = [...source.matchAll(STATIC)].map(([, type, to = '']) => ({
    to: resolve(file, to),
    isType: type !== undefined,
    isLazy: false,
  }));
  const required = [...source.matchAll(REQUIRED)].map(([, to = '']) => ({
    to: resolve(file, to),
    isType: false,
    isLazy: false,
  }));
  const lazy = [...source.matchAll(LAZY)].map(([match, to = '']) => ({
    to: resolve(file, to),
    // `import('x').Name` and `typeof import('x')` stand in types only.
    isType: new RegExp(`typeof ${escapeRegExp(match)}|${escapeRegExp(match)}\\.[A-Z]`).test(source),
    isLazy: true,
  }));
  return [...fixed, ...required, ...lazy];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('.'))
    return relative('.', posix.join(posix.dirname(file), specifier)).replace(/\.js$/, '.ts');
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The files of `graph` on a cycle, as one path through it, or undefined. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  function visit(node: string, path: readonly string[]): string[] | undefined {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  }
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

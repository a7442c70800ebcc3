import type { Segment } from '../config/resolved.js';
import { ConfigError } from '../errors.js';

export interface Route<T> {
  readonly segments: readonly Segment[];
  readonly method: string;
  readonly value: T;
}

/** Path parameters by name, exactly as the client sent them: still encoded. The object has no prototype. */
export type RawParams = Readonly<Record<string, string>>;

/** The route that serves a request. */
export interface Match<T> {
  readonly value: T;
  readonly params: RawParams;
}

/** The path is known, but not with this method. */
export interface OtherMethods {
  readonly allow: readonly string[];
}

export interface Matcher<T> {
  /** Finds the route of a path without query; `undefined` when no route has that path. */
  match(method: string, path: string): Match<T> | OtherMethods | undefined;
}

interface Leaf<T> {
  readonly value: T;
  /** Names of the params, in the order of the path. */
  readonly names: readonly string[];
}

type Leaves<T> = Map<string, Leaf<T>>;

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  param: Node<T> | undefined;
  /** Routes that end here. */
  readonly exact: Leaves<T>;
  /** Routes that go on with `*`. */
  readonly rest: Leaves<T>;
}

const NO_PARAMS: RawParams = Object.freeze(Object.create(null));

/**
 * Compiles routes into a tree that is walked once per request. A literal beats a param, a param beats a wildcard, at
 * every position and whatever the order of the routes. Literals are compared after decoding, so that no spelling of a
 * path can slip past a literal route into a param; params stay as sent.
 *
 * @throws {ConfigError} when two routes cannot be told apart.
 */
export function createMatcher<T>(routes: readonly Route<T>[]): Matcher<T> {
  const root = createNode<T>();
  const fixed = new Map<string, Map<string, Match<T>>>();

  for (const { segments, method, value } of routes) {
    insert(root, segments, method, value);
    const path = fixedPath(segments);
    if (path === undefined) continue;
    const methods = fixed.get(path) ?? new Map<string, Match<T>>();
    methods.set(method, { value, params: NO_PARAMS });
    fixed.set(path, methods);
  }

  function match(method: string, path: string): Match<T> | OtherMethods | undefined {
    const known = fixed.get(path)?.get(method);
    if (known !== undefined) return known;
    if (!path.startsWith('/')) return undefined;
    const walk: Walk<T> = { method, path, values: [], allow: undefined, found: undefined, rest: undefined };
    if (descend(walk, root, 1, 0)) return { value: walk.found!.value, params: collectParams(walk) };
    return walk.allow && { allow: [...walk.allow].sort() };
  }

  return { match };
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), param: undefined, exact: new Map(), rest: new Map() };
}

function insert<T>(root: Node<T>, segments: readonly Segment[], method: string, value: T): void {
  const names: string[] = [];
  let node = root;
  let leaves: Leaves<T> | undefined;
  for (const segment of segments.length === 0 ? [{ literal: '' }] : segments) {
    if ('wildcard' in segment) {
      leaves = node.rest;
      break;
    }
    node = 'param' in segment ? paramChild(node) : literalChild(node, decoded(segment.literal));
    if ('param' in segment) names.push(segment.param);
  }
  leaves ??= node.exact;
  if (leaves.has(method)) {
    const path = pathText(segments);
    const message = `${method} ${path} is the same route as another endpoint; remove one or change its path or method.`;
    throw new ConfigError([{ path: 'endpoints', message }]);
  }
  leaves.set(method, { value, names });
}

function paramChild<T>(node: Node<T>): Node<T> {
  node.param ??= createNode<T>();
  return node.param;
}

function literalChild<T>(node: Node<T>, literal: string): Node<T> {
  const child = node.literals.get(literal) ?? createNode<T>();
  node.literals.set(literal, child);
  return child;
}

/** The path of a route without params as a client normally sends it; other spellings are found in the tree. */
function fixedPath(segments: readonly Segment[]): string | undefined {
  const isFixed = segments.every((segment) => 'literal' in segment && !segment.literal.includes('%'));
  return isFixed ? pathText(segments) : undefined;
}

function pathText(segments: readonly Segment[]): string {
  return `/${segments.map(segmentText).join('/')}`;
}

function segmentText(segment: Segment): string {
  if ('literal' in segment) return segment.literal;
  return 'param' in segment ? `{${segment.param}}` : '*';
}

/** The state of one look-up. */
interface Walk<T> {
  readonly method: string;
  readonly path: string;
  /** Values of the params on the way to the current node; beyond its depth is what is left of another branch. */
  readonly values: string[];
  allow: Set<string> | undefined;
  found: Leaf<T> | undefined;
  rest: string | undefined;
}

/** Looks below `node` for the part of the path from `start` on. Each node of the tree is visited at most once. */
function descend<T>(walk: Walk<T>, node: Node<T>, start: number, depth: number): boolean {
  const { path, values } = walk;
  const slash = path.indexOf('/', start);
  const end = slash < 0 ? path.length : slash;
  const text = path.slice(start, end);
  const isLast = slash < 0;

  const child = node.literals.get(text.includes('%') ? decoded(text) : text);
  if (child !== undefined && (isLast ? finish(walk, child.exact) : descend(walk, child, end + 1, depth))) return true;

  if (node.param !== undefined && text !== '') {
    values[depth] = text;
    if (isLast ? finish(walk, node.param.exact) : descend(walk, node.param, end + 1, depth + 1)) return true;
  }

  if (node.rest.size === 0 || !finish(walk, node.rest)) return false;
  walk.rest = path.slice(start);
  return true;
}

function finish<T>(walk: Walk<T>, leaves: Leaves<T>): boolean {
  const leaf = leaves.get(walk.method);
  if (leaf !== undefined) {
    walk.found = leaf;
    return true;
  }
  if (leaves.size > 0) {
    walk.allow ??= new Set();
    for (const method of leaves.keys()) walk.allow.add(method);
  }
  return false;
}

function collectParams<T>(walk: Walk<T>): RawParams {
  const { names } = walk.found!;
  if (names.length === 0 && walk.rest === undefined) return NO_PARAMS;
  const params: Record<string, string> = Object.create(null);
  for (let index = 0; index < names.length; index++) params[names[index]!] = walk.values[index]!;
  if (walk.rest !== undefined) params['*'] = walk.rest;
  return params;
}

/** A segment decoded, or as it is when it cannot be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { isObject } from '../data.js';
import { ConfigError } from '../errors.js';
import type { Formatter } from './formatter.js';
import { attach, childrenOf, type Node, toNode, toObjectNode, toValue } from './tree.js';

/** One entry of `flatmap_filter`. */
export interface FlatmapOperation {
  readonly type: string;
  /** Dotted paths; a segment `*` stands for every key or index. */
  readonly args: readonly string[];
}

type Path = readonly string[];
type Operation = (root: Node) => void;

const ANY = '*';

/**
 * Compiles the operations of a `flatmap_filter`; they run in order, each on what the one before left. The document itself
 * is not changed. A document that loses all its keys becomes `null`.
 *
 * @throws ConfigError when an operation is unknown or lacks an argument.
 */
export function createFlatmap(operations: readonly FlatmapOperation[]): Formatter {
  const steps = operations.flatMap(compile);

  return function flatmap(data) {
    if (data === null) return null;
    const root = toNode(data);
    for (const step of steps) step(root);
    const value = toValue(root);
    return isObject(value) ? value : null;
  };
}

function compile({ type, args }: FlatmapOperation, index: number): Operation[] {
  const paths = args.map((path) => path.split('.'));
  const [source, destination] = paths;
  if (type === 'del' && source) return paths.map(createDelete);
  if (!source || !destination)
    refuse(index, `"${type}" needs ${type === 'del' ? 'a path' : 'a source and a destination'}.`);
  if (type === 'move') return [createMove(source, destination)];
  if (type !== 'append') refuse(index, `there is no operation "${type}"; take move, append or del.`);
  if (source.every((segment, depth) => segment === destination[depth])) {
    refuse(index, 'a list cannot be appended to itself or to a part of itself.');
  }
  return [createAppend(source, destination)];
}

function refuse(index: number, message: string): never {
  throw new ConfigError([{ path: `flatmap_filter[${index}]`, message }]);
}

function createDelete(path: Path): Operation {
  const last = path.at(-1) as string;

  return function del(root) {
    for (const { node } of parentsOf(root, path)) {
      const children = childrenOf(node);
      if (last === ANY) children.clear();
      else children.delete(last);
    }
  };
}

/** A node, and the labels of the way to it. */
interface Match {
  readonly node: Node;
  readonly labels: Path;
}

/** All nodes that the path without its last segment leads to. */
function parentsOf(root: Node, path: Path): Match[] {
  let matches: Match[] = [{ node: root, labels: [] }];
  for (const segment of path.slice(0, -1)) {
    matches = matches.flatMap(({ node, labels }) => {
      const children = childrenOf(node);
      if (segment === ANY)
        return Array.from(children, ([label, child]) => ({ node: child, labels: [...labels, label] }));
      const child = children.get(segment);
      return child ? [{ node: child, labels: [...labels, segment] }] : [];
    });
  }
  return matches;
}

/** Renames, lifts or sinks, by which of the two paths is longer. */
function createMove(source: Path, destination: Path): Operation {
  const last = source.at(-1) as string;
  const move = moverOf(source, destination);

  return function moveMatches(root) {
    // A wildcard at the end of a source matches nothing.
    if (last === ANY) return;
    for (const match of parentsOf(root, source)) {
      const child = childrenOf(match.node).get(last);
      if (child) move(root, match, child);
    }
  };
}

type Mover = (root: Node, parent: Match, child: Node) => void;

function moverOf(source: Path, destination: Path): Mover {
  const label = source.at(-1) as string;
  const name = destination.at(-1) as string;

  /** Same length: only the last segment of the destination counts. */
  function rename(_root: Node, { node }: Match, child: Node): void {
    if (name === label) return;
    // The name of an element shows in the order of its array alone, which stays.
    if (node.isArray) {
      renameElement(node, label, name);
      return;
    }
    childrenOf(node).delete(label);
    childrenOf(node).set(name, child);
  }

  /** Shorter destination: below the deepest part of it that exists; `*` means what it meant in the source. */
  function lift(root: Node, { node, labels }: Match, child: Node): void {
    childrenOf(node).delete(label);
    const way = destination.map((segment, depth) => (segment === ANY ? (labels[depth] as string) : segment));
    let parent = root;
    for (const segment of way.slice(0, -1)) {
      const next = childrenOf(parent).get(segment);
      if (!next) break;
      parent = next;
    }
    attach(parent, way.at(-1) as string, child);
  }

  const below = destination.slice(source.length - 1);

  /** Longer destination: below the same parent, in objects that are made where they are missing. */
  function sink(_root: Node, { node }: Match, child: Node): void {
    let parent = node;
    if (below[0] === label) {
      // Keeps the place of an element in its array.
      parent = toObjectNode();
      childrenOf(node).set(label, parent);
    } else {
      childrenOf(node).delete(label);
      parent = childOrNew(node, below[0] as string);
    }
    for (const segment of below.slice(1, -1)) parent = childOrNew(parent, segment);
    attach(parent, name, child);
  }

  if (source.length === destination.length) return rename;
  return source.length > destination.length ? lift : sink;
}

function renameElement(array: Node, label: string, name: string): void {
  const children = childrenOf(array);
  if (children.has(name)) return;
  array.children = new Map(Array.from(children, ([key, child]) => [key === label ? name : key, child]));
}

function childOrNew(parent: Node, label: string): Node {
  const existing = childrenOf(parent).get(label);
  if (existing) return existing;
  const created = toObjectNode();
  attach(parent, label, created);
  return created;
}

/** Both paths have to lead to an array each; wildcards lead to none. */
function createAppend(source: Path, destination: Path): Operation {
  const last = source.at(-1) as string;

  return function append(root) {
    const from = nodeAt(root, source);
    const to = nodeAt(root, destination);
    if (!from?.isArray || !to?.isArray) return;
    for (const child of childrenOf(from).values()) attach(to, '', child);
    const parent = nodeAt(root, source.slice(0, -1));
    if (parent) childrenOf(parent).delete(last);
  };
}

function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root;
  for (const segment of path) node = node && childrenOf(node).get(segment);
  return node;
}

import type { FlatmapOperation } from '../../lib/config/resolved.js';
import { isJsonNumber } from '../../lib/core/json-number.js';

/**
 * What `flatmap_filter` does, said as plainly as possible: the document is a tree of labelled edges, copied whole, and
 * every operation looks through the lists of edges. Slow, and shares nothing with the real one.
 */
interface Node {
  kind: 'object' | 'array' | 'scalar';
  scalar: unknown;
  edges: { label: string; node: Node }[];
  /** An empty container of the document: it stays what it is when it is empty again. */
  bare: boolean;
  next: number;
}

interface Found {
  readonly node: Node;
  readonly way: readonly string[];
}

export function flatmapOracle(operations: readonly FlatmapOperation[], data: unknown): unknown {
  const root = grow(data);
  for (const { type, args } of operations) {
    const [source = [], destination = []] = args.map((path) => path.split('.'));
    if (type === 'del') for (const path of args) del(root, path.split('.'));
    if (type === 'move') move(root, source, destination);
    if (type === 'append') append(root, source, destination);
  }
  return shrink(root);
}

function grow(value: unknown): Node {
  if (typeof value !== 'object' || value === null || isJsonNumber(value)) {
    return { kind: 'scalar', scalar: value, edges: [], bare: true, next: 0 };
  }
  const edges = Object.entries(value).map(([label, item]) => ({ label, node: grow(item) }));
  return {
    kind: Array.isArray(value) ? 'array' : 'object',
    scalar: null,
    edges,
    bare: edges.length === 0,
    next: edges.length,
  };
}

function shrink(node: Node): unknown {
  if (node.kind === 'scalar') return node.scalar;
  if (node.edges.length === 0 && !node.bare) return null;
  if (node.kind === 'array') return node.edges.map((edge) => shrink(edge.node));
  return Object.fromEntries(node.edges.map(({ label, node: child }) => [label, shrink(child)]));
}

function find(root: Node, path: readonly string[]): Found[] {
  return path.reduce<Found[]>(
    (found, segment) =>
      found.flatMap(({ node, way }) =>
        node.edges
          .filter(({ label }) => segment === '*' || label === segment)
          .map((edge) => ({ node: edge.node, way: [...way, edge.label] })),
      ),
    [{ node: root, way: [] }],
  );
}

function cut(node: Node, label: string): void {
  node.edges = node.edges.filter((edge) => edge.label !== label);
}

function tie(node: Node, label: string, child: Node): void {
  if (node.kind === 'scalar') Object.assign(node, { kind: 'object', scalar: null, bare: false });
  if (node.kind === 'array') node.edges.push({ label: String(node.next++), node: child });
  else if (label !== '__proto__')
    node.edges = [...node.edges.filter((edge) => edge.label !== label), { label, node: child }];
}

function del(root: Node, path: readonly string[]): void {
  const last = path.at(-1) as string;
  for (const { node } of find(root, path.slice(0, -1))) {
    if (last === '*') node.edges = [];
    else cut(node, last);
  }
}

function move(root: Node, source: readonly string[], destination: readonly string[]): void {
  const last = source.at(-1) as string;
  const name = destination.at(-1) as string;
  if (last === '*') return;
  for (const { node, way } of find(root, source.slice(0, -1))) {
    const edge = node.edges.find(({ label }) => label === last);
    if (!edge) continue;
    if (source.length === destination.length) {
      if (node.kind === 'array' || name === last) continue;
      cut(node, last);
      tie(node, name, edge.node);
    } else if (source.length > destination.length) {
      cut(node, last);
      const target = destination.map((segment, depth) => (segment === '*' ? (way[depth] as string) : segment));
      let parent = root;
      for (const segment of target.slice(0, -1)) {
        const step = parent.edges.find(({ label }) => label === segment);
        if (!step) break;
        parent = step.node;
      }
      tie(parent, target.at(-1) as string, edge.node);
    } else {
      const [first, ...between] = destination.slice(source.length - 1, -1) as [string, ...string[]];
      let parent: Node;
      if (first === last) {
        parent = make();
        node.edges = node.edges.map((other) => (other === edge ? { label: last, node: parent } : other));
      } else {
        cut(node, last);
        parent = step(node, first);
      }
      for (const segment of between) parent = step(parent, segment);
      tie(parent, name, edge.node);
    }
  }
}

function step(node: Node, segment: string): Node {
  const existing = node.edges.find(({ label }) => label === segment);
  if (existing) return existing.node;
  const made = make();
  tie(node, segment, made);
  return made;
}

/** An object that was not in the document. */
function make(): Node {
  return { ...grow({}), bare: false };
}

function append(root: Node, source: readonly string[], destination: readonly string[]): void {
  if ([...source, ...destination].includes('*')) return;
  const [from] = find(root, source);
  const [to] = find(root, destination);
  if (from?.node.kind !== 'array' || to?.node.kind !== 'array') return;
  for (const edge of from.node.edges) tie(to.node, '', edge.node);
  const [parent] = find(root, source.slice(0, -1));
  if (parent) cut(parent.node, source.at(-1) as string);
}

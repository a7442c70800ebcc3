import { isObject } from '../data.js';

/**
 * A value seen as a node with labelled children. Children are only unfolded where somebody goes, so the rest of a document
 * is shared with the result. Elements of an array keep the labels they had at first, whatever is removed before them.
 */
export interface Node {
  readonly value: unknown;
  readonly isArray: boolean;
  children?: Map<string, Node>;
  /** The label of the next element. */
  next: number;
}

export function toNode(value: unknown): Node {
  return { value, isArray: Array.isArray(value), next: 0 };
}

/** An object made on the way to a destination: `null` again once it has lost its children. */
export function toObjectNode(): Node {
  return { value: null, isArray: false, children: new Map(), next: 0 };
}

/** The children, unfolded on the first visit. Scalars have none. */
export function childrenOf(node: Node): Map<string, Node> {
  if (node.children) return node.children;
  const { value } = node;
  const children = new Map<string, Node>();
  if (Array.isArray(value)) {
    for (const item of value) children.set(String(node.next++), toNode(item));
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) children.set(key, toNode(value[key]));
  }
  node.children = children;
  return children;
}

/** Adds a child: at the end of an array, under its label in an object, where it takes the place of what was there. */
export function attach(parent: Node, label: string, child: Node): void {
  const children = childrenOf(parent);
  children.set(parent.isArray ? String(parent.next++) : label, child);
}

/** The value of a node as it is now. A container whose children have all gone is `null`; one that never had any is itself. */
export function toValue(node: Node): unknown {
  const { children } = node;
  if (children === undefined) return node.value;
  if (children.size === 0) return isContainerWithContent(node.value) ? null : node.value;
  if (node.isArray) return Array.from(children.values(), toValue);
  const result: Record<string, unknown> = {};
  for (const [label, child] of children) {
    if (label !== '__proto__') result[label] = toValue(child);
  }
  return result;
}

function isContainerWithContent(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
}

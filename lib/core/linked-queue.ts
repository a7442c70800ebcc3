/** A value in a queue, at its place. */
export interface QueueNode<T> {
  readonly value: T;
}

/**
 * Values in the order they came; each may be removed from where it is. It is not a `Set` because of what V8 does with those
 * that come and go all the time: a table that is replaced points to the one that takes its place, so that tables that are not
 * needed, once they have grown old, keep alive every later one and all that was in it, until all garbage is collected.
 */
export interface Queue<T> {
  readonly size: number;
  /** The one that `shift` would take. */
  readonly first: T | undefined;
  push(value: T): QueueNode<T>;
  /** Does nothing for a node that has been removed before. */
  remove(place: QueueNode<T>): void;
  /** Takes out the first one. */
  shift(): T | undefined;
  /** All, as a list of its own. */
  values(): T[];
}

interface Node<T> extends QueueNode<T> {
  before: Node<T> | undefined;
  after: Node<T> | undefined;
  isIn: boolean;
}

export function createQueue<T>(): Queue<T> {
  let first: Node<T> | undefined;
  let last: Node<T> | undefined;
  let size = 0;

  function push(value: T): Node<T> {
    const node: Node<T> = { value, before: last, after: undefined, isIn: true };
    if (last === undefined) first = node;
    else last.after = node;
    last = node;
    size++;
    return node;
  }

  function remove(place: QueueNode<T>): void {
    const node = place as Node<T>;
    if (!node.isIn) return;
    const { before, after } = node;
    if (before === undefined) first = after;
    else before.after = after;
    if (after === undefined) last = before;
    else after.before = before;
    // A node that was removed must not keep alive those behind it.
    node.before = undefined;
    node.after = undefined;
    node.isIn = false;
    size--;
  }

  function shift(): T | undefined {
    if (first === undefined) return undefined;
    const { value } = first;
    remove(first);
    return value;
  }

  function values(): T[] {
    const list: T[] = [];
    for (let node = first; node !== undefined; node = node.after) list.push(node.value);
    return list;
  }

  return {
    get size() {
      return size;
    },
    get first() {
      return first?.value;
    },
    push,
    remove,
    shift,
    values,
  };
}

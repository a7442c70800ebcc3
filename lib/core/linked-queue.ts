/** Where somebody stands in a queue. */
export interface Place<T> {
  readonly value: T;
}

/**
 * Values in the order they came; each may leave from where it stands. It is not a `Set` because of what V8 does with those
 * that come and go all the time: a table that is replaced points to the one that takes its place, so that tables nobody
 * needs, once they have grown old, keep alive every later one and all that was in it, until all garbage is collected.
 */
export interface Queue<T> {
  readonly size: number;
  /** The one that would leave next. */
  readonly first: T | undefined;
  join(value: T): Place<T>;
  /** Does nothing when it has left before. */
  leave(place: Place<T>): void;
  /** The first one, who leaves. */
  shift(): T | undefined;
  /** All, as a list of its own. */
  values(): T[];
}

interface Link<T> extends Place<T> {
  before: Link<T> | undefined;
  after: Link<T> | undefined;
  isIn: boolean;
}

export function createQueue<T>(): Queue<T> {
  let first: Link<T> | undefined;
  let last: Link<T> | undefined;
  let size = 0;

  function join(value: T): Link<T> {
    const link: Link<T> = { value, before: last, after: undefined, isIn: true };
    if (last === undefined) first = link;
    else last.after = link;
    last = link;
    size++;
    return link;
  }

  function leave(place: Place<T>): void {
    const link = place as Link<T>;
    if (!link.isIn) return;
    const { before, after } = link;
    if (before === undefined) first = after;
    else before.after = after;
    if (after === undefined) last = before;
    else after.before = before;
    // Who has left must not keep alive those who came later.
    link.before = undefined;
    link.after = undefined;
    link.isIn = false;
    size--;
  }

  function shift(): T | undefined {
    if (first === undefined) return undefined;
    const { value } = first;
    leave(first);
    return value;
  }

  function values(): T[] {
    const list: T[] = [];
    for (let link = first; link !== undefined; link = link.after) list.push(link.value);
    return list;
  }

  return {
    get size() {
      return size;
    },
    get first() {
      return first?.value;
    },
    join,
    leave,
    shift,
    values,
  };
}

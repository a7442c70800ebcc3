import type { FlatmapOperation } from '../config/resolved.js';
import { ConfigError } from '../errors.js';
import {
  attach,
  type Container,
  createDraft,
  type Draft,
  enter,
  enterOrMake,
  finishDraft,
  get,
  has,
  type Label,
  labelsOf,
  make,
  remove,
} from './draft.js';
import type { Formatter } from './formatter.js';

type Path = readonly string[];
type Operation = (draft: Draft) => void;

const ANY = '*';

/**
 * Compiles the operations of a `flatmap_filter`; they run in order, each on what the one before left. The document itself
 * is not changed. A document that loses all its keys becomes `null`.
 *
 * @throws ConfigError when an operation lacks an argument.
 */
export function createFlatmap(operations: readonly FlatmapOperation[]): Formatter {
  const steps = operations.flatMap(compile);

  return function flatmap(data) {
    if (data === null) return null;
    const draft = createDraft(data);
    for (const step of steps) step(draft);
    return finishDraft(draft);
  };
}

function compile({ type, args }: FlatmapOperation, index: number): Operation[] {
  const paths = args.map((path) => path.split('.'));
  const [source, destination] = paths;
  if (type === 'del' && source) return paths.map(createDelete);
  if (!source || !destination) {
    refuse(index, `"${type}" needs ${type === 'del' ? 'a path' : 'a source and a destination'}.`);
  }
  if (type === 'move') return [createMove(source, destination)];
  if (source.every((segment, depth) => segment === destination[depth])) {
    refuse(index, 'a list cannot be appended to itself or to a part of itself.');
  }
  return [createAppend(source, destination)];
}

function refuse(index: number, message: string): never {
  throw new ConfigError([{ path: `flatmap_filter[${index}]`, message }]);
}

/** A container that a path without its last segment leads to, and the labels of the way. */
interface Match {
  readonly container: Container;
  readonly labels: readonly Label[];
}

function parentsOf(draft: Draft, path: Path): Match[] {
  let matches: Match[] = [{ container: draft.root, labels: [] }];
  for (const segment of path.slice(0, -1)) {
    const next: Match[] = [];
    for (const { container, labels } of matches) {
      for (const label of segment === ANY ? labelsOf(container) : [segment]) {
        const child = enter(draft, container, label);
        if (child) next.push({ container: child, labels: [...labels, label] });
      }
    }
    matches = next;
  }
  return matches;
}

function createDelete(path: Path): Operation {
  const last = path.at(-1) as string;

  return function del(draft) {
    for (const { container } of parentsOf(draft, path)) {
      for (const label of last === ANY ? labelsOf(container) : [last]) remove(container, label);
    }
  };
}

/** Takes a value out of its place and puts it where the destination says. */
type Mover = (draft: Draft, match: Match, value: unknown) => void;

/** Renames, lifts or sinks, by which of the two paths is longer. */
function createMove(source: Path, destination: Path): Operation {
  const last = source.at(-1) as string;
  const move = moverOf(source, destination);

  return function moveMatches(draft) {
    // A wildcard at the end of a source matches nothing.
    if (last === ANY) return;
    for (const match of parentsOf(draft, source)) {
      if (has(match.container, last)) move(draft, match, get(match.container, last));
    }
  };
}

function moverOf(source: Path, destination: Path): Mover {
  if (source.length === destination.length) return createRename(source, destination);
  return source.length > destination.length ? createLift(source, destination) : createSink(source, destination);
}

/** Same depth: only the last segment of the destination counts. Elements of an array have an order and no name. */
function createRename(source: Path, destination: Path): Mover {
  const label = source.at(-1) as string;
  const name = destination.at(-1) as string;

  return function rename(_draft, { container }, value) {
    if (name === label || Array.isArray(container)) return;
    remove(container, label);
    attach(container, name, value);
  };
}

/** Shorter destination: below the deepest part of it that exists; `*` means what it meant in the source. */
function createLift(source: Path, destination: Path): Mover {
  const label = source.at(-1) as string;

  return function lift(draft, { container, labels }, value) {
    remove(container, label);
    const way = destination.map((segment, depth) => (segment === ANY ? (labels[depth] as Label) : segment));
    let parent = draft.root;
    for (const segment of way.slice(0, -1)) {
      if (!has(parent, segment)) break;
      parent = enterOrMake(draft, parent, segment);
    }
    attach(parent, way.at(-1) as Label, value);
  };
}

/** Longer destination: below the same parent, in objects that are made where they are missing. */
function createSink(source: Path, destination: Path): Mover {
  const label = source.at(-1) as string;
  const [first, ...between] = destination.slice(source.length - 1, -1) as [string, ...string[]];
  const name = destination.at(-1) as string;

  return function sink(draft, { container }, value) {
    let parent: Container;
    if (first === label) {
      parent = make(draft, container, label);
    } else {
      remove(container, label);
      parent = enterOrMake(draft, container, first);
    }
    for (const segment of between) parent = enterOrMake(draft, parent, segment);
    attach(parent, name, value);
  };
}

/** Both paths have to lead to an array each; wildcards lead to none. */
function createAppend(source: Path, destination: Path): Operation {
  const last = source.at(-1) as string;

  return function append(draft) {
    const parent = containerAt(draft, source.slice(0, -1));
    const from = parent && enter(draft, parent, last);
    const to = containerAt(draft, destination);
    if (!Array.isArray(from) || !Array.isArray(to)) return;
    for (const label of labelsOf(from)) to.push(get(from, label));
    remove(parent as Container, last);
  };
}

function containerAt(draft: Draft, path: Path): Container | undefined {
  let container: Container | undefined = draft.root;
  for (const segment of path) container = container && enter(draft, container, segment);
  return container;
}

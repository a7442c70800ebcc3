import merge from 'lodash.merge';
import { isObject } from '../core/data.js';
import type { Data } from '../proxy.js';

/**
 * Makes one document of those that the backends of an endpoint answered with, in declared order. Must not change its
 * parts. Backends that failed or had nothing to say are not among them, so there may be none.
 */
export type Combiner = (parts: readonly Data[]) => Data;

/** What becomes of two values under one key. `owned` holds the containers that this merge has made and may change. */
type Clash = (earlier: unknown, later: unknown, owned: Set<unknown>) => unknown;

/** Merges into one fresh object; `clash` is only asked where a key is taken. */
function createCombiner(clash: Clash): Combiner {
  return function combine(parts) {
    const result: Record<string, unknown> = {};
    const owned = new Set<unknown>();
    for (const part of parts) mergeInto(result, part, clash, owned);
    return result;
  };
}

function mergeInto(target: Record<string, unknown>, part: Data, clash: Clash, owned: Set<unknown>): void {
  for (const key of Object.keys(part)) {
    // Assigning it would set the prototype; decoders drop it as well.
    if (key === '__proto__') continue;
    target[key] = Object.hasOwn(target, key) ? clash(target[key], part[key], owned) : part[key];
  }
}

function takeLater(_earlier: unknown, later: unknown): unknown {
  return later;
}

/** lodash is called for so many levels at a time: it takes five calls for each, and runs out of stack on deep documents. */
const LEVELS = 100;

/** Two objects that lodash has not been given yet, and where the merged one belongs. */
interface Rest {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly target: Record<string, unknown>;
  readonly later: Data;
}

function mergeDeeply(earlier: unknown, later: unknown, owned: Set<unknown>): unknown {
  if (!isObject(earlier) || !isObject(later)) return later;
  const rests: Rest[] = [];
  const target = ownObject(earlier, owned);
  makeWay(target, later, owned, rests, 1);
  merge(target, later);
  for (let rest = rests.pop(); rest; rest = rests.pop()) {
    rest.holder[rest.key] = rest.target;
    makeWay(rest.target, rest.later, owned, rests, 1);
    merge(rest.target, rest.later);
  }
  return target;
}

/**
 * Leaves lodash nothing to enter but objects that both have: it would copy all others to their ends, mix arrays by index,
 * and write into class instances. What it finds in its place already, it passes over.
 */
function makeWay(
  target: Record<string, unknown>,
  later: Data,
  owned: Set<unknown>,
  rests: Rest[],
  level: number,
): void {
  for (const key of Object.keys(later)) {
    if (key === '__proto__') continue;
    const [mine, theirs] = [Object.hasOwn(target, key) ? target[key] : undefined, later[key]];
    if (isObject(mine) && isObject(theirs)) {
      const copy = ownObject(mine, owned);
      if (level === LEVELS) rests.push({ holder: target, key, target: copy, later: theirs });
      else makeWay(copy, theirs, owned, rests, level + 1);
      // The later object itself is passed over until its turn comes.
      target[key] = level === LEVELS ? theirs : copy;
    } else {
      // A key keeps its place; what is neither an array nor an object of a document is lodash's to put there.
      target[key] = isObject(theirs) || Array.isArray(theirs) ? theirs : null;
    }
  }
}

function concatenate(earlier: unknown, later: unknown, owned: Set<unknown>): unknown {
  if (Array.isArray(earlier) && Array.isArray(later)) {
    const target = ownArray(earlier, owned);
    for (const item of later) target.push(item);
    return target;
  }
  if (!isObject(earlier) || !isObject(later)) return later;
  const target = ownObject(earlier, owned);
  mergeInto(target, later, concatenate, owned);
  return target;
}

/** The object itself if it may be changed, else a copy, which is made once however many parts are merged into it. */
function ownObject(object: Data, owned: Set<unknown>): Record<string, unknown> {
  if (owned.has(object)) return object as Record<string, unknown>;
  const copy = { ...object };
  if (Object.hasOwn(copy, '__proto__')) Reflect.deleteProperty(copy, '__proto__');
  owned.add(copy);
  return copy;
}

function ownArray(array: readonly unknown[], owned: Set<unknown>): unknown[] {
  if (owned.has(array)) return array as unknown[];
  const copy = array.slice();
  owned.add(copy);
  return copy;
}

/** The combiners by the name that `extra_config.proxy.combiner` uses. */
export const combiners: ReadonlyMap<string, Combiner> = new Map([
  ['deep', createCombiner(mergeDeeply)],
  ['shallow', createCombiner(takeLater)],
  ['concat', createCombiner(concatenate)],
]);

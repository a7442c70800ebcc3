import merge from 'lodash.merge';
import { isObject } from '../data.js';
import type { Data } from '../proxy.js';

/**
 * Makes one document of those that the backends of an endpoint answered with, in declared order. Must not change its
 * parts. Backends that failed or had nothing to say are not among them, so there may be none.
 */
export type Combiner = (parts: readonly Data[]) => Data;

/** What becomes of two values under one key. */
type Clash = (earlier: unknown, later: unknown) => unknown;

/** Merges into one fresh object; `clash` is only asked where a key is taken. */
function createCombiner(clash: Clash): Combiner {
  return function combine(parts) {
    const result: Record<string, unknown> = {};
    for (const part of parts) mergeInto(result, part, clash);
    return result;
  };
}

function mergeInto(target: Record<string, unknown>, part: Data, clash: Clash): void {
  for (const key of Object.keys(part)) {
    // Assigning it would set the prototype; decoders drop it as well.
    if (key === '__proto__') continue;
    target[key] = Object.hasOwn(target, key) ? clash(target[key], part[key]) : part[key];
  }
}

function takeLater(_earlier: unknown, later: unknown): unknown {
  return later;
}

function mergeDeeply(earlier: unknown, later: unknown): unknown {
  if (!isObject(earlier) || !isObject(later)) return later;
  return merge({}, giveWay(earlier, later), later);
}

/**
 * `earlier` without the values that `later` replaces: lodash would mix arrays by index and write into class instances.
 * A cleared key keeps its place, as `null`.
 */
function giveWay(earlier: Data, later: Data): Data {
  let result = earlier;
  for (const key of Object.keys(later)) {
    if (!Object.hasOwn(earlier, key)) continue;
    const [mine, theirs] = [earlier[key], later[key]];
    const left = isObject(mine) && isObject(theirs) ? giveWay(mine, theirs) : null;
    if (left !== mine) result = { ...result, [key]: left };
  }
  return result;
}

function concatenate(earlier: unknown, later: unknown): unknown {
  if (Array.isArray(earlier) && Array.isArray(later)) return [...earlier, ...later];
  if (!isObject(earlier) || !isObject(later)) return later;
  const result = { ...earlier };
  mergeInto(result, later, concatenate);
  return result;
}

/** The combiners by the name that `extra_config.proxy.combiner` uses. */
export const combiners: ReadonlyMap<string, Combiner> = new Map([
  ['deep', createCombiner(mergeDeeply)],
  ['shallow', createCombiner(takeLater)],
  ['concat', createCombiner(concatenate)],
]);

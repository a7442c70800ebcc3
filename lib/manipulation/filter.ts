import { isObject } from '../core/data.js';
import type { Data } from '../proxy.js';

/** Paths as a tree: below a key its own tree, or `true` where the path ends. */
type Tree = Map<string, Tree | true>;

/** Keeps what the dotted paths name and nothing else. Arrays are not entered; objects left without a key go. */
export function createAllow(paths: readonly string[]): (data: Data) => Data {
  const tree: Tree = new Map();
  for (const path of paths) addAllowed(tree, path.split('.'));

  return function keepAllowed(data) {
    return keep(data, tree) ?? {};
  };
}

/** Removes what the dotted paths name. Arrays are not entered; objects left without a key stay. */
export function createDeny(paths: readonly string[]): (data: Data) => Data {
  const tree: Tree = new Map();
  for (const path of paths) addDenied(tree, path.split('.'));

  return function removeDenied(data) {
    return remove(data, tree);
  };
}

/** Of a path and a path that goes on below it, the one declared last wins. */
function addAllowed(tree: Tree, path: readonly string[]): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree.set(key, true);
    return;
  }
  let below = tree.get(key);
  if (below === undefined || below === true) {
    below = new Map();
    tree.set(key, below);
  }
  addAllowed(below, rest);
}

/** Of a path and a path that goes on below it, the shorter one wins. */
function addDenied(tree: Tree, path: readonly string[]): void {
  const [key, ...rest] = path as [string, ...string[]];
  let below = tree.get(key);
  if (below === true) return;
  if (rest.length === 0) {
    tree.set(key, true);
    return;
  }
  if (below === undefined) {
    below = new Map();
    tree.set(key, below);
  }
  addDenied(below, rest);
}

function keep(data: Data, tree: Tree): Data | undefined {
  const result: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key of Object.keys(data)) {
    const below = tree.get(key);
    if (below === undefined || key === '__proto__') continue;
    const value = data[key];
    const kept = below === true ? value : isObject(value) ? keep(value, below) : undefined;
    if (kept === undefined) continue;
    result[key] = kept;
    isEmpty = false;
  }
  return isEmpty ? undefined : result;
}

/** The same object where there is nothing to remove. */
function remove(data: Data, tree: Tree): Data {
  let result: Record<string, unknown> | undefined;
  for (const [key, below] of tree) {
    if (!Object.hasOwn(data, key)) continue;
    const value = data[key];
    if (below === true) {
      result ??= { ...data };
      delete result[key];
    } else if (isObject(value)) {
      const left = remove(value, below);
      if (left === value) continue;
      result ??= { ...data };
      result[key] = left;
    }
  }
  return result ?? data;
}

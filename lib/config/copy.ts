import { show } from './explain.js';
import type { Path } from './path.js';
import type { Report } from './report.js';

const MAX_DEPTH = 64;

/** An object as the copy holds them: no prototype, so nothing is inherited from it. */
export type Plain = Record<string, unknown>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function createPlain(): Plain {
  return Object.create(null);
}

/**
 * A deep copy of the author's value, out of plain data only: later changes to the original have no effect, getters are
 * never called, nothing is inherited. What is not plain data is reported and left out.
 */
export function copyConfig(input: unknown, report: Report): unknown {
  const open = new Set<object>();

  function copy(value: unknown, path: Path): unknown {
    switch (typeof value) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? null : copyObject(value, path);
      default:
        report.add(path, `must be plain data, not a ${typeof value}; functions are given by name in the options.`);
        return undefined;
    }
  }

  function copyObject(value: object, path: Path): unknown {
    if (open.has(value)) {
      report.add(path, 'contains itself.');
      return undefined;
    }
    if (path.length > MAX_DEPTH) {
      report.add(path, `is nested deeper than ${MAX_DEPTH} levels.`);
      return undefined;
    }
    open.add(value);
    const result = Array.isArray(value) ? copyArray(value, path) : copyMembers(value, path);
    open.delete(value);
    return result;
  }

  function copyArray(value: readonly unknown[], path: Path): unknown[] {
    return Array.from({ length: value.length }, (_, index) => copyProperty(value, index, path));
  }

  function copyMembers(value: object, path: Path): unknown {
    const prototype = Object.getPrototypeOf(value);
    // The prototype of plain objects of any realm has none itself.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      report.add(path, `must be plain data, not an instance of ${show(prototype.constructor?.name)}.`);
      return undefined;
    }
    if (Object.getOwnPropertySymbols(value).length > 0) report.add(path, 'must not have symbols as keys.');
    const result = createPlain();
    for (const key of Object.keys(value)) {
      if (key === '__proto__') report.add([...path, key], 'is not allowed as a key.');
      else {
        const member = copyProperty(value, key, path);
        // As in JSON: a member that is undefined is not there.
        if (member !== undefined) result[key] = member;
      }
    }
    return result;
  }

  function copyProperty(value: object, key: string | number, path: Path): unknown {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property?.get === undefined && property?.set === undefined) return copy(property?.value, [...path, key]);
    report.add([...path, key], 'must be plain data, not a getter or setter.');
    return undefined;
  }

  return copy(input, []);
}

/**
 * Freezes plain objects and arrays at any depth. What components are and made of their configuration is theirs: it is
 * left alone, as are instances of classes and functions.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && prototype !== Object.prototype) return value;
  Object.freeze(value);
  for (const [key, member] of Object.entries(value)) {
    if (key === 'components') freezeEach(member);
    else freezeDeep(member);
  }
  return value;
}

function freezeEach(list: readonly unknown[]): void {
  for (const item of list) Object.freeze(item);
  Object.freeze(list);
}

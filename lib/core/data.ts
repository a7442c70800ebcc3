import type { Data } from '../proxy.js';

/** Whether a value is an object of a document: not an array, not `null`, not an instance of a class. */
export function isObject(value: unknown): value is Data {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

import type { ConfigIssue } from '../errors.js';
import { show } from './explain.js';

/** What is wrong with the value of an option at `path`. */
export type ValueCheck = (value: unknown, path: string) => readonly ConfigIssue[];

/** One demand, the end of a sentence that begins with "must". */
export function must(isFine: (value: unknown) => boolean, demand: string): ValueCheck {
  return function checkValue(value, path) {
    return isFine(value) ? [] : [{ path, message: `must ${demand}, not ${describe(value)}` }];
  };
}

/** A plain object with one thing of a kind under each name. */
export function recordOf(isFine: (value: unknown) => boolean, kind: string): ValueCheck {
  return function checkRecord(value, path) {
    if (!isRecord(value)) {
      return [{ path, message: `must be an object that holds ${kind} under each name, not ${describe(value)}` }];
    }
    return Object.entries(value).flatMap(([name, entry]) =>
      isFine(entry) ? [] : [{ path, message: `"${name}" must be ${kind}, not ${describe(entry)}` }],
    );
  };
}

/** The sound entries of a record; the others do nothing, but their names are known. */
export function withStandIns(value: object, check: ValueCheck): object {
  const entries = Object.entries(value).map(([name, entry]) => {
    const isSound = check({ [name]: entry }, '').length === 0;
    return [name, isSound ? entry : standIn];
  });
  return Object.fromEntries(entries);
}

function standIn(): void {}

export function listOf(isItem: (item: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(isItem);
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

export function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

/** Anything with members; clients and stores are of classes, and some are functions. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * A literal, or what a module exports: an object whose members are all its own. Of a list, a Map, a promise and an object of
 * a class nothing would be found. Objects of other realms count, as Jest has them.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function hasFunctions(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => isFunction((value as Record<string, unknown>)[name]));
}

/** A value without what it holds: options carry credentials and whole clients. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return show(value);
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
}

import { isObject } from '../core/data.js';
import type { Data } from '../proxy.js';

export type Container = Record<string, unknown> | unknown[];
export type Label = string | number;

/**
 * A document being changed: containers are copied when they are first entered, everything else is shared with the
 * original. Elements keep their index until the end, whatever is removed before them.
 */
export interface Draft {
  readonly root: Container;
  /** The copies, which may be changed. */
  readonly copies: Set<unknown>;
  /** Those of them that never had anything in them. */
  readonly bornEmpty: Set<unknown>;
}

/** Marks where something was removed: keeps indexes as they are, and objects in the shape that is quick. */
const GONE = Symbol('gone');
const INDEX = /^(?:0|[1-9]\d*)$/;

export function createDraft(data: Data): Draft {
  const root = { ...data };
  return { root, copies: new Set([root]), bornEmpty: new Set(isBare(root) ? [root] : []) };
}

/** The document as it is now, or `null` when it has lost all it had. */
export function finishDraft(draft: Draft): Data | null {
  return finish(draft, draft.root) as Data | null;
}

/** The keys of an object, the indexes of an array. */
export function labelsOf(container: Container): Label[] {
  if (!Array.isArray(container)) return Object.keys(container).filter((key) => container[key] !== GONE);
  const labels: number[] = [];
  for (let index = 0; index < container.length; index++) if (container[index] !== GONE) labels.push(index);
  return labels;
}

export function has(container: Container, label: Label): boolean {
  if (!Array.isArray(container)) return Object.hasOwn(container, label) && container[label] !== GONE;
  const index = indexOf(label);
  return index < container.length && container[index] !== GONE;
}

export function get(container: Container, label: Label): unknown {
  return Array.isArray(container) ? container[indexOf(label)] : container[label];
}

/** The container under a label, ready to be changed; nothing where there is none. */
export function enter(draft: Draft, container: Container, label: Label): Container | undefined {
  if (!has(container, label)) return undefined;
  const value = get(container, label);
  if (draft.copies.has(value)) return value as Container;
  const copy = Array.isArray(value) ? value.slice() : isObject(value) ? { ...value } : undefined;
  if (copy === undefined) return undefined;
  draft.copies.add(copy);
  if (isBare(copy)) draft.bornEmpty.add(copy);
  set(container, label, copy);
  return copy;
}

/** The container under a label; an object is made where there is none, in the place of a scalar too. */
export function enterOrMake(draft: Draft, container: Container, label: Label): Container {
  return enter(draft, container, label) ?? make(draft, container, label);
}

/** Puts a new object under a label. */
export function make(draft: Draft, container: Container, label: Label): Container {
  const made = {};
  draft.copies.add(made);
  if (has(container, label)) set(container, label, made);
  else attach(container, label, made);
  return made;
}

/** Adds a value: at the end of an array, under its label in an object, where it takes the place of what was there. */
export function attach(container: Container, label: Label, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else set(container, label, value);
}

export function remove(container: Container, label: Label): void {
  if (has(container, label)) set(container, label, GONE);
}

function set(container: Container, label: Label, value: unknown): void {
  if (Array.isArray(container)) container[indexOf(label)] = value;
  // Would set the prototype; decoders drop the key as well.
  else if (label !== '__proto__') container[label] = value;
}

function indexOf(label: Label): number {
  if (typeof label === 'number') return label;
  return INDEX.test(label) ? Number(label) : Number.POSITIVE_INFINITY;
}

function isBare(container: Container): boolean {
  for (const _ in container) return false;
  return true;
}

function finish(draft: Draft, container: Container): Container | null {
  const finished = Array.isArray(container) ? finishArray(draft, container) : finishObject(draft, container);
  return isBare(finished) && !draft.bornEmpty.has(container) ? null : finished;
}

function finishArray(draft: Draft, array: unknown[]): unknown[] {
  const items = array.includes(GONE) ? array.filter((item) => item !== GONE) : array;
  for (let index = 0; index < items.length; index++) items[index] = finishValue(draft, items[index]);
  return items;
}

function finishObject(draft: Draft, object: Record<string, unknown>): Record<string, unknown> {
  const hasGaps = Object.values(object).includes(GONE);
  const result: Record<string, unknown> = hasGaps ? {} : object;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value !== GONE) set(result, key, finishValue(draft, value));
  }
  return result;
}

function finishValue(draft: Draft, value: unknown): unknown {
  return draft.copies.has(value) ? finish(draft, value as Container) : value;
}

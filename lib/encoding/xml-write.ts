import { isObject } from '../core/data.js';
import { isJsonNumber } from '../core/json-number.js';
import { GatewayError } from '../errors.js';
import type { Data } from '../proxy.js';
import { FORBIDDEN, NAME_PART, NAME_START } from './xml-names.js';

const NOT_IN_NAMES = new RegExp(`[^${NAME_PART}]`, 'gu');
const IS_NAME = new RegExp(`^[${NAME_START}]`, 'u');
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'g');
const IN_TEXT = /[&<>\r]/g;
const IN_ATTRIBUTES = /[&<>"\t\n\r]/g;
const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** The name of a list is written for each of its items, so that a long one makes a small document huge. */
const MOST_TAGS = 2 ** 26;
const BRACKETS = '<></>'.length;
let tags = 0;

const NO_KEYS: readonly string[] = [];
const NO_ITEMS: readonly unknown[] = [];

/**
 * A document as XML: `-name` keys become attributes, `#text` the text, arrays repeated elements. A single key whose value
 * is no array, or an empty one, becomes the root element; every other document is put into `<doc>`.
 *
 * @throws GatewayError when the tags alone would have more than 64 Mi characters.
 */
export function writeXml(data: Data | null): string {
  tags = 0;
  const keys = Object.keys(data ?? {});
  const [key] = keys;
  if (data === null || key === undefined || keys.length > 1 || !isElement(key) || isList(data[key])) {
    return element('doc', data);
  }
  return element(toName(key), data[key]);
}

function isElement(key: string): boolean {
  return !key.startsWith('-') && key !== '#text';
}

/** An element that is still open. */
interface Open {
  readonly name: string;
  readonly attributes: string;
  readonly value: unknown;
  /** Of an object; a list has none. */
  readonly keys: readonly string[];
  nextKey: number;
  /** The list that is being written, each item under the same name. */
  items: readonly unknown[];
  itemName: string;
  nextItem: number;
  content: string;
}

/** With a list of open elements instead of calls inside each other, which a deep document would be too many for. */
function element(rootName: string, root: unknown): string {
  if (!isContainer(root)) return leaf(rootName, root);
  const open: Open[] = [];
  let current = start(rootName, root);
  for (;;) {
    const child = advance(current);
    if (child !== undefined) {
      open.push(current);
      current = child;
      continue;
    }
    const text = finish(current);
    const parent = open.pop();
    if (parent === undefined) return text;
    parent.content += text;
    current = parent;
  }
}

function start(name: string, value: unknown): Open {
  countTags(name);
  const isArray = Array.isArray(value);
  return {
    name,
    attributes: isArray ? '' : attributesOf(value as Data),
    value,
    keys: isArray ? NO_KEYS : Object.keys(value as Data),
    nextKey: 0,
    // A list in a list has no name of its own.
    items: isArray ? value : NO_ITEMS,
    itemName: name,
    nextItem: 0,
    content: '',
  };
}

/** Writes on, up to a child that has content of its own; nothing is left when there is none. */
function advance(current: Open): Open | undefined {
  for (;;) {
    while (current.nextItem < current.items.length) {
      const item = current.items[current.nextItem++];
      if (isContainer(item)) return start(current.itemName, item);
      current.content += leaf(current.itemName, item);
    }
    if (current.nextKey === current.keys.length) return undefined;
    const key = current.keys[current.nextKey++]!;
    const value = (current.value as Data)[key];
    if (isContainer(value)) {
      current.itemName = toName(key);
      current.items = isList(value) ? value : [value];
      current.nextItem = 0;
    } else if (key === '#text') current.content += escaped(value);
    else if (!key.startsWith('-')) current.content += leaf(toName(key), value);
  }
}

function finish({ name, attributes, content }: Open): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function leaf(name: string, value: unknown): string {
  countTags(name);
  const content = escaped(value);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function countTags(name: string): void {
  tags += name.length * 2 + BRACKETS;
  if (tags > MOST_TAGS) {
    throw new GatewayError('ERR_INTERNAL', `An answer has tags of more than ${MOST_TAGS} characters as XML`);
  }
}

function escaped(value: unknown): string {
  return toText(value).replace(IN_TEXT, escape);
}

function attributesOf(data: Data): string {
  const attributes = new Map<string, string>();
  for (const key of Object.keys(data)) {
    const name = toName(key.slice(1));
    if (!key.startsWith('-') || isContainer(data[key]) || attributes.has(name)) continue;
    attributes.set(name, toText(data[key]).replace(IN_ATTRIBUTES, escape));
  }
  return Array.from(attributes, ([name, value]) => ` ${name}="${value}"`).join('');
}

/** An empty list is written as an empty element: it would be gone otherwise. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isObject(value);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value.replace(ALL_FORBIDDEN, '\ufffd');
  if (typeof value === 'number' || typeof value === 'boolean' || isJsonNumber(value)) return String(value);
  return value instanceof Date ? value.toJSON() : '';
}

/** A key as the name of an element: what XML does not allow there becomes `_`. */
function toName(key: string): string {
  const name = key.replace(NOT_IN_NAMES, '_');
  return IS_NAME.test(name) ? name : `_${name}`;
}

function escape(character: string): string {
  return ESCAPES.get(character) ?? `&#${character.charCodeAt(0)};`;
}

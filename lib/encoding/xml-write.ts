import { isObject } from '../data.js';
import { GatewayError } from '../errors.js';
import { isJsonNumber } from '../json-number.js';
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

function element(name: string, value: unknown): string {
  tags += name.length * 2 + BRACKETS;
  if (tags > MOST_TAGS) {
    throw new GatewayError('ERR_INTERNAL', 500, `An answer has tags of more than ${MOST_TAGS} characters as XML`);
  }
  const attributes = isObject(value) ? attributesOf(value) : '';
  const content = contentOf(name, value);
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
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

function contentOf(name: string, value: unknown): string {
  // A list in a list has no name of its own.
  if (Array.isArray(value)) return elements(name, value);
  if (!isObject(value)) return toText(value).replace(IN_TEXT, escape);
  let content = '';
  for (const key of Object.keys(value)) content += childrenOf(key, value[key]);
  return content;
}

function childrenOf(key: string, value: unknown): string {
  if (key === '#text' && !isContainer(value)) return toText(value).replace(IN_TEXT, escape);
  if (key.startsWith('-') && !isContainer(value)) return '';
  const name = toName(key);
  return isList(value) ? elements(name, value) : element(name, value);
}

/** By `+=`, since `join` would copy what is in there once more at every level. */
function elements(name: string, items: readonly unknown[]): string {
  let content = '';
  for (const item of items) content += element(name, item);
  return content;
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

import { DecodeError } from '../errors.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';
import { FORBIDDEN, NAME_PART, NAME_START } from './xml-names.js';

export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  readonly prefix: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: XmlElement[];
  /** All text directly inside, without the white space around it. */
  text: string;
}

export interface XmlOptions {
  /** Leaves entities that are not declared as they are written, as feeds with `&nbsp;` need it; default: an error. */
  readonly keepUnknownEntities?: boolean;
}

/** An element that is still open, and the name that its end tag has to repeat. */
interface Open {
  readonly element: XmlElement;
  readonly qualifiedName: string;
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = Object.freeze([]);

const NAME = `[:${NAME_START}][:${NAME_PART}]*`;
const LITERAL = `(?:"[^"]*"|'[^']*')`;
const START_TAG = new RegExp(`<(${NAME})`, 'uy');
const END_TAG = new RegExp(`</(${NAME})[ \\t\\n]*>`, 'uy');
const ATTRIBUTE = new RegExp(`[ \\t\\n]+(${NAME})[ \\t\\n]*=[ \\t\\n]*(?:"([^"<]*)"|'([^'<]*)')`, 'uy');
/** 1 for the characters of ASCII that a name may begin with, 2 for those that it may only go on with. */
const NAME_CODES = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz:')
  NAME_CODES[character.charCodeAt(0)] = 1;
for (const character of '-.0123456789') NAME_CODES[character.charCodeAt(0)] = 2;
const EXCLAMATION_MARK = 33;
const SLASH = 47;
const GREATER_THAN = 62;
const QUESTION_MARK = 63;
const END_OF_START = /[ \t\n]*(\/?)>/y;
const REFERENCE = /&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|([A-Za-z][\w.-]{0,30}));|&/g;
const SPACE = /^[ \t\n]*$/;
/** Without an internal subset: that is where entities are declared. */
const DOCTYPE = new RegExp(
  `<!DOCTYPE[ \\t\\n]+${NAME}(?:[ \\t\\n]+(?:SYSTEM|PUBLIC[ \\t\\n]+${LITERAL})[ \\t\\n]+${LITERAL})?[ \\t\\n]*>`,
  'uy',
);
const CDATA_END = ']]>';
const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * The root element of an XML text. Checks that it is well-formed; takes the five entities of XML and character
 * references, passes over a DOCTYPE that only names what is elsewhere, which is never fetched, and so expands nothing. Comments and instructions are passed over, and so
 * is what is named `__proto__`.
 *
 * @throws DecodeError for anything that is not well-formed, for a DOCTYPE with declarations, and beyond `MAX_DEPTH` levels.
 */
export function readXml(source: string, options: XmlOptions = {}): XmlElement {
  // Splitting takes a tenth of what a pattern takes.
  const text = source.includes('\r') ? source.split('\r\n').join('\n').split('\r').join('\n') : source;
  if (FORBIDDEN.test(text)) refuse('it has characters that XML does not allow');
  const decode = createDecoder(options);
  const open: Open[] = [];
  const mayHaveStrayEnd = text.includes(CDATA_END);
  let root: XmlElement | undefined;
  let hasDoctype = false;
  let at = 0;

  function startElement(): void {
    const qualifiedName = readName();
    if (qualifiedName === undefined) refuse('it has a "<" that begins no tag');
    if (root && open.length === 0) refuse('it has more than one root element');
    if (open.length === MAX_DEPTH) refuse(TOO_DEEP);
    const colon = qualifiedName.indexOf(':');
    const element: XmlElement = {
      prefix: colon === -1 ? '' : qualifiedName.slice(0, colon),
      name: colon === -1 ? qualifiedName : qualifiedName.slice(colon + 1),
      attributes: text.charCodeAt(at) === GREATER_THAN ? NO_ATTRIBUTES : attributes(),
      children: [],
      text: '',
    };
    const isOpen = endOfStart();
    if (!isProto(qualifiedName)) open.at(-1)?.element.children.push(element);
    root ??= element;
    if (root === element && isProto(qualifiedName)) refuse('its root element has a name that is not allowed');
    if (isOpen) open.push({ element, qualifiedName });
  }

  /** The name behind a `<`; by hand as far as it is of ASCII, as most are. */
  function readName(): string | undefined {
    let end = at + 1;
    let code = text.charCodeAt(end);
    if (NAME_CODES[code] !== 1) return match(START_TAG)?.[1];
    while (code < 128 && NAME_CODES[code] !== 0) code = text.charCodeAt(++end);
    if (code >= 128) return match(START_TAG)?.[1];
    const name = text.slice(at + 1, end);
    at = end;
    return name;
  }

  /** Whether the tag that ends here has an end tag to come. */
  function endOfStart(): boolean {
    if (text.charCodeAt(at) === GREATER_THAN) {
      at += 1;
      return true;
    }
    const end = match(END_OF_START);
    if (!end) refuse('it has a broken start tag');
    return end[1] === '';
  }

  function attributes(): readonly XmlAttribute[] {
    let parts = match(ATTRIBUTE);
    if (!parts) return NO_ATTRIBUTES;
    const found = new Map<string, XmlAttribute>();
    for (; parts; parts = match(ATTRIBUTE)) {
      const name = parts[1] as string;
      if (found.has(name)) refuse('it has an attribute twice');
      if (!isProto(name))
        found.set(name, { prefix: prefixOf(name), name: localNameOf(name), value: decode(parts[2] ?? parts[3] ?? '') });
    }
    return [...found.values()];
  }

  function endElement(): void {
    const last = open.pop();
    if (last === undefined || !isEndOf(last.qualifiedName)) refuse('it has an end tag without its start');
    last.element.text = trim(last.element.text);
  }

  function isEndOf(name: string): boolean {
    const end = at + '</'.length + name.length;
    if (text.charCodeAt(end) !== GREATER_THAN || !text.startsWith(name, at + '</'.length)) {
      return match(END_TAG)?.[1] === name;
    }
    at = end + 1;
    return true;
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  }

  function doctype(): void {
    if (root || hasDoctype || !match(DOCTYPE)) refuse('it has a document type definition, which is not read');
    hasDoctype = true;
  }

  /** What is between two marks. */
  function skip(before: string, after: string): string {
    const end = text.indexOf(after, at + before.length);
    if (end === -1) refuse('it ends too soon');
    const inside = text.slice(at + before.length, end);
    at = end + after.length;
    return inside;
  }

  while (at < text.length) {
    const next = text.indexOf('<', at);
    const inside = open.at(-1)?.element;
    if (next !== at) {
      const between = text.slice(at, next === -1 ? text.length : next);
      if (mayHaveStrayEnd && between.includes(CDATA_END)) refuse('it has a "]]>" that ends no CDATA section');
      if (inside) inside.text += decode(between);
      else if (!SPACE.test(between)) refuse('it has text outside of its root element');
      if (next === -1) break;
      at = next;
    }
    const code = text.charCodeAt(at + 1);
    if (code === SLASH) endElement();
    else if (code === QUESTION_MARK) skip('<?', '?>');
    else if (code !== EXCLAMATION_MARK) startElement();
    else if (text.startsWith('<!--', at)) skip('<!--', '-->');
    else if (inside && text.startsWith('<![CDATA[', at)) inside.text += skip('<![CDATA[', CDATA_END);
    else doctype();
  }
  if (root === undefined || open.length > 0) refuse('it ends too soon');
  return root;
}

function refuse(reason: string): never {
  throw new DecodeError(reason);
}

/** Would set a prototype as soon as code makes keys of names; the JSON decoder drops it as well. */
function isProto(qualifiedName: string): boolean {
  return qualifiedName.includes('__proto__') && qualifiedName.split(':').includes('__proto__');
}

function prefixOf(qualifiedName: string): string {
  return qualifiedName.slice(0, Math.max(qualifiedName.indexOf(':'), 0));
}

function localNameOf(qualifiedName: string): string {
  return qualifiedName.slice(qualifiedName.indexOf(':') + 1);
}

function createDecoder({ keepUnknownEntities = false }: XmlOptions): (text: string) => string {
  function resolve(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
    if (name === undefined && decimal === undefined && hexadecimal === undefined) {
      return keepUnknownEntities ? whole : refuse('it has an "&" that begins no reference');
    }
    if (name !== undefined) {
      return (
        ENTITIES.get(name) ??
        (keepUnknownEntities ? whole : refuse('it uses an entity that is not one of the five of XML'))
      );
    }
    const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal as string, 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    const character = code <= 0x10ffff && !isSurrogate ? String.fromCodePoint(code) : '\0';
    return FORBIDDEN.test(character) ? refuse('it refers to a character that XML does not allow') : character;
  }

  return function decode(text) {
    return text.includes('&') ? text.replace(REFERENCE, resolve) : text;
  };
}

/** Without the white space of XML around it; by hand, since a pattern would take the square of its length. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10;
}

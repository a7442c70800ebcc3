import { isObject } from '../core/data.js';
import { isJsonNumber, stringifyJson } from '../core/json-number.js';
import type { Data } from '../proxy.js';

/** What is nested deeper is written as JSON, which is YAML too: each level would indent all lines below it. */
const MOST_INDENTED = 16;
/** Longer keys need a question mark before them, and longer texts have quotes without being looked at. */
const LONGEST_PLAIN = 1000;

/** Texts that are written without quotes: no indicator at their beginning, nothing that ends them or begins a comment. */
const PLAIN = /^[\p{L}\p{N}_/$(+.^;](?:[\p{L}\p{M}\p{N}\p{Sc}_ /$(+.^;)!*@=<>?&|~%'"`,[\]{}\\–—’“”…-]|:(?=[^\s]))*$/u;
/** Texts that are something else without quotes, for readers of YAML 1.1 too. */
const AMBIGUOUS = /^(?:null|true|false|yes|no|on|off|y|n|[-+.\d][\d_.:+\-a-fxotz ]*|[-+]?\.(?:inf|nan))$/i;
/** What no line of a text may hold, if it is to be written in lines of its own. */
const NOT_IN_LINES = /(?!\n)[\p{C}\u2028\u2029]/u;

/** A document as YAML 1.2, in blocks; a value that is in two places is written twice. */
export function writeYaml(data: Data | null): string {
  const value = plainOf(data);
  return isBlock(value) ? writeBlock(value, '', 1) : `${writeInline(value, '')}\n`;
}

/** What is written in the place of a value: an array, an object, a scalar; nothing for what has no text. */
function plainOf(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || isJsonNumber(value) || Array.isArray(value)) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return plainOf((value as { toJSON(): unknown }).toJSON());
  }
  if (isObject(value)) return value;
  if (value instanceof Map) return Object.fromEntries(value);
  return Symbol.iterator in value ? Array.from(value as Iterable<unknown>) : { ...value };
}

type Block = readonly unknown[] | Data;

/** Whether a value takes lines of its own. */
function isBlock(value: unknown): value is Block {
  if (typeof value !== 'object' || value === null || isJsonNumber(value)) return false;
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/** The first line is not indented: it goes behind a dash, or is behind an indent already. */
function writeBlock(block: Block, indent: string, depth: number): string {
  return Array.isArray(block) ? writeList(block, indent, depth) : writeMap(block as Data, indent, depth);
}

function writeList(list: readonly unknown[], indent: string, depth: number): string {
  let text = '';
  for (const item of list) {
    const value = plainOf(item);
    const content = isBlock(value)
      ? depth < MOST_INDENTED
        ? writeBlock(value, `${indent}  `, depth + 1)
        : `${stringifyJson(value)}\n`
      : `${writeInline(value, `${indent}  `)}\n`;
    text += text === '' ? `- ${content}` : `${indent}- ${content}`;
  }
  return text;
}

function writeMap(map: Data, indent: string, depth: number): string {
  let text = '';
  for (const key of Object.keys(map)) {
    const value = plainOf(map[key]);
    if (value === undefined) continue;
    const name = key.includes('\n') ? JSON.stringify(key) : writeText(key, indent);
    const label = name.length > LONGEST_PLAIN ? `? ${name}\n${indent}:` : `${name}:`;
    const content = isBlock(value)
      ? depth < MOST_INDENTED
        ? `\n${indent}  ${writeBlock(value, `${indent}  `, depth + 1)}`
        : ` ${stringifyJson(value)}\n`
      : ` ${writeInline(value, `${indent}  `)}\n`;
    text += text === '' ? label + content : indent + label + content;
  }
  // Every value may have been one that has no text.
  return text === '' ? '{}\n' : text;
}

/** Behind a key or a dash; `indent` is that of further lines. */
function writeInline(value: unknown, indent: string): string {
  switch (typeof value) {
    case 'string':
      return writeText(value, indent);
    case 'number':
      return writeNumber(value);
    case 'object':
      if (value === null) return 'null';
      if (isJsonNumber(value)) return value.text;
      return Array.isArray(value) ? '[]' : '{}';
    default:
      return String(value ?? null);
  }
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '.inf' : '-.inf';
}

function writeText(text: string, indent: string): string {
  if (isPlain(text)) return text;
  return text.includes('\n') && isInLines(text) ? writeLines(text, indent) : JSON.stringify(text);
}

function isPlain(text: string): boolean {
  return text.length <= LONGEST_PLAIN && PLAIN.test(text) && !text.endsWith(' ') && !AMBIGUOUS.test(text);
}

/** Begins with no space, and ends with one line feed at most. */
function isInLines(text: string): boolean {
  return /^\S/.test(text) && !text.endsWith('\n\n') && !NOT_IN_LINES.test(text);
}

function writeLines(text: string, indent: string): string {
  const endsLine = text.endsWith('\n');
  const lines = endsLine ? text.slice(0, -1) : text;
  return `${endsLine ? '|' : '|-'}\n${indent}${lines.replace(/\n(?!\n)/g, `\n${indent}`)}`;
}

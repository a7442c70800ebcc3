import { isForbiddenName } from './fields.js';
import type { Segment } from './resolved.js';
import { checkLiteral, checkSegment, encodeLiteral, PatternSyntaxError } from './url-pattern.js';

/** The path of an endpoint, compiled. */
export interface EndpointPath {
  /** With its leading slash. */
  readonly text: string;
  readonly segments: readonly Segment[];
  /** The names of its params, `*` for a wildcard. */
  readonly params: ReadonlySet<string>;
}

const PARAM = /^\{([\w-]+)\}$/;
const RESERVED = /\/__(?:debug|echo|health)\/?$/;
/** The names that earlier answers have in url_patterns. */
const ANSWER = /^resp\d+_/;

/**
 * Compiles `/users/{id}` or `/svc/*`.
 *
 * @throws {PatternSyntaxError} saying what is wrong with it.
 */
export function compileEndpointPath(source: string): EndpointPath {
  const text = source.startsWith('/') ? source : `/${source}`;
  if (text.includes('?'))
    throw new PatternSyntaxError('must not hold a query; list its names in "input_query_strings".');
  checkLiteral(text);
  if (RESERVED.test(text))
    throw new PatternSyntaxError('ends in a name that is reserved for the routes of the gateway.');
  const params = new Set<string>();
  const pieces = text.slice(1).split('/');
  const segments = pieces.map((piece, index) => compileSegment(piece, index === pieces.length - 1, params));
  return { text, segments, params };
}

function compileSegment(piece: string, isLast: boolean, params: Set<string>): Segment {
  const name = PARAM.exec(piece)?.[1];
  if (name !== undefined) {
    addParam(name, params);
    return { param: name };
  }
  if (piece === '*' && isLast) {
    params.add('*');
    return { wildcard: true };
  }
  checkLiteralSegment(piece, isLast);
  return { literal: encodeLiteral(piece) };
}

function addParam(name: string, params: Set<string>): void {
  if (params.has(name)) throw new PatternSyntaxError(`has the param {${name}} twice; give each its own name.`);
  if (isForbiddenName(name)) throw new PatternSyntaxError(`must not have a param called "${name}".`);
  if (ANSWER.test(name))
    throw new PatternSyntaxError(`must not have a param called "${name}": earlier answers are called so.`);
  params.add(name);
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    throw new PatternSyntaxError('is not valid UTF-8 once decoded.');
  }
}

function checkLiteralSegment(piece: string, isLast: boolean): void {
  if (piece === '' && !isLast) throw new PatternSyntaxError('must not hold an empty segment ("//").');
  if (/[{}]/.test(piece)) {
    throw new PatternSyntaxError(
      'has a brace inside a segment; a {param} of letters, digits, "_" and "-" takes a whole one.',
    );
  }
  if (piece.includes('*')) throw new PatternSyntaxError('has a "*" that is not the whole last segment.');
  if (piece.startsWith(':')) throw new PatternSyntaxError(`has "${piece}"; write a param as "{${piece.slice(1)}}".`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[/\\\u0000-\u001f\u007f-\u009f]/.test(decode(piece))) {
    throw new PatternSyntaxError('must not hold an encoded "/", "\\" or control character.');
  }
  checkSegment(piece);
}

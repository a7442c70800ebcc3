import { GatewayError } from '../errors.js';

/** A `url_pattern`, compiled once at start. */
export interface UrlPattern {
  /** The pattern as configured, with its leading slash. */
  readonly text: string;
  /** The placeholders it needs, each once, in order; `*` means a trailing wildcard. */
  readonly params: readonly string[];
  /** The decoded names of the query pairs that the pattern itself sets. */
  readonly queryNames: ReadonlySet<string>;
  /**
   * Path and query for one request, every value percent-encoded for the position it is in, in a single pass.
   *
   * @throws {UrlPatternError} when a value is missing or would change the shape of the URL.
   */
  resolve(params: Readonly<Record<string, string>>): string;
}

/** A placeholder cannot be filled, so the backend must not be called. The message never holds the value. */
export class UrlPatternError extends GatewayError {
  override readonly name = 'UrlPatternError';
  /** The placeholder, without braces. */
  readonly param: string;
  readonly reason: 'missing' | 'hostile';

  constructor(param: string, reason: 'missing' | 'hostile') {
    super(
      'ERR_BACKEND_URL',
      reason === 'missing' ? `There is no value for {${param}}.` : `The value of {${param}} cannot stand in a URL.`,
      reason === 'missing' ? 502 : 400,
    );
    this.param = param;
    this.reason = reason;
  }
}

// What a segment may hold as it is (RFC 3986, pchar), and no dot segment: pasted.
const PLAIN_SEGMENT = /^[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9_.~!$&'()*+,;=:@-]*$/;
const PLAIN_QUERY = /^[A-Za-z0-9_.~-]*$/;
// Separators, what is still encoded, C0, DEL, C1, lone surrogates, nothing.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const HOSTILE_PIECE = /[/\\?#%\u0000-\u001f\u007f-\u009f]|\p{Surrogate}|^$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const HOSTILE_QUERY = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;
// Also in front of a path parameter, where some servers see it.
const DOT_SEGMENT = /^(?:\.|%2e){1,2}(?:;|%3b|$)/i;

/**
 * True when a decoded value must not become one segment of a path: empty, a dot segment, holding `/`, `\`, `?`, `#`, a
 * control character, a lone surrogate, or a `%` (it is still encoded, or a second decoding would change it).
 */
export function isHostileSegment(value: string): boolean {
  return !PLAIN_SEGMENT.test(value) && (HOSTILE_PIECE.test(value) || DOT_SEGMENT.test(value));
}

function encodeSegment(value: string, param: string): string {
  if (PLAIN_SEGMENT.test(value)) return value;
  if (isHostileSegment(value)) throw new UrlPatternError(param, 'hostile');
  return encodePchars(value);
}

/** A part of a segment, which is judged when it is whole. */
function encodePiece(value: string, param: string): string {
  if (HOSTILE_PIECE.test(value)) throw new UrlPatternError(param, 'hostile');
  return encodePchars(value);
}

/** `encodeURI` keeps `/`, `?` and `#` besides, which are not there. */
const encodePchars = encodeURI;

function encodeRest(value: string, param: string): string {
  if (value === '') return '';
  const segments = value.split('/');
  // A slash at the end of the rest is kept: it makes an empty last segment, which moves nothing.
  const last = segments.at(-1) === '' ? segments.length - 1 : segments.length;
  for (let index = 0; index < last; index += 1) segments[index] = encodeSegment(segments[index]!, param);
  return segments.join('/');
}

function encodeQueryValue(value: string, param: string): string {
  if (PLAIN_QUERY.test(value)) return value;
  if (HOSTILE_QUERY.test(value)) throw new UrlPatternError(param, 'hostile');
  return encodeURIComponent(value);
}

type Encode = (value: string, param: string) => string;
interface Value {
  readonly param: string;
  readonly encode: Encode;
}
/** A segment that its values could make a dot segment together. */
interface Mixed {
  readonly pieces: readonly (string | Value)[];
  /** Its first placeholder. */
  readonly param: string;
}
type Part = string | Value | Mixed;

/** What is wrong with a pattern; caught by the configuration parser, which adds the path. */
export class PatternSyntaxError extends Error {
  override readonly name = 'PatternSyntaxError';
}

const PLACEHOLDER = /\{([\w.:/-]+)\}/g;
// What may be in a URL as it is, besides letters and digits.
const NOT_IN_URL = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/gu;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNFIT = /[\u0000-\u0020\u007f-\u009f\\#]|\p{Surrogate}/u;

/** Throws for text that cannot be the literal part of a path or query. */
export function checkLiteral(text: string): void {
  if (UNFIT.test(text)) {
    throw new PatternSyntaxError('must not hold spaces, control characters, "\\" or "#"; write them percent-encoded.');
  }
  if (BAD_ESCAPE.test(text))
    throw new PatternSyntaxError('has a "%" that is not followed by two hex digits; write "%25".');
}

/** Throws for a path segment that a server would fold away. */
export function checkSegment(segment: string): void {
  if (DOT_SEGMENT.test(segment))
    throw new PatternSyntaxError('must not hold "." or ".." segments; write the final path.');
}

/** A literal as it goes out on the wire: what is not allowed in a URL is percent-encoded, what is encoded stays. */
export function encodeLiteral(text: string): string {
  return text.replace(NOT_IN_URL, encodeURIComponent);
}

/** Literals and placeholders in turn. */
function compileParts(text: string, encode: Encode): (string | Value)[] {
  const parts: (string | Value)[] = [];
  let end = 0;
  function addLiteral(literal: string): void {
    if (/[{}]/.test(literal)) {
      throw new PatternSyntaxError(
        'has a brace that is not part of a {name} of letters, digits, "_", "-", "." and ":".',
      );
    }
    if (literal !== '') parts.push(encodeLiteral(literal));
  }
  for (const match of text.matchAll(PLACEHOLDER)) {
    addLiteral(text.slice(end, match.index));
    parts.push({ param: match[1]!, encode });
    end = match.index + match[0].length;
  }
  addLiteral(text.slice(end));
  return parts;
}

function compilePath(path: string): Part[] {
  const isWildcard = path.endsWith('/*');
  const fixed = isWildcard ? path.slice(0, -1) : path;
  // A placeholder name may hold slashes: they are not separators of segments.
  const segments = fixed
    .replace(PLACEHOLDER, (name) => name.replaceAll('/', HIDDEN_SLASH))
    .slice(1)
    .split('/');
  if (segments.slice(0, -1).includes('')) throw new PatternSyntaxError('must not hold an empty segment ("//").');
  const parts = segments.flatMap((segment) => ['/', ...compileSegment(segment.replaceAll(HIDDEN_SLASH, '/'))]);
  return isWildcard ? [...parts, { param: '*', encode: encodeRest }] : parts;
}

// No pattern holds a control character.
const HIDDEN_SLASH = '\u0000';

function compileSegment(segment: string): Part[] {
  checkSegment(segment.replace(PLACEHOLDER, 'x'));
  const pieces = compileParts(segment, encodePiece);
  const [first] = pieces;
  const value = pieces.find((piece) => typeof piece !== 'string');
  if (value === undefined) return pieces;
  if (pieces.length === 1) return [{ param: value.param, encode: encodeSegment }];
  const isNamed = typeof first === 'string' && !/^[.%]/.test(first);
  return isNamed ? pieces : [{ pieces, param: value.param }];
}

function decodeQueryName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    throw new PatternSyntaxError('has a query name that is not valid UTF-8 once decoded.');
  }
}

function readQueryNames(query: string): Set<string> {
  const names = new Set<string>();
  for (const pair of query.split('&')) {
    const name = pair.split('=', 1)[0]!;
    if (/[{}]/.test(name))
      throw new PatternSyntaxError('must not have a placeholder in the name of a query parameter.');
    if (pair !== '') names.add(decodeQueryName(name));
  }
  return names;
}

function withLeadingSlash(text: string): string {
  if (text.startsWith('/')) {
    if (/^\/[/\\]/.test(text)) throw new PatternSyntaxError('must not begin with "//", which would name another host.');
    return text;
  }
  if (/^(?:[a-z][a-z0-9+.-]*:|[^A-Za-z0-9_{~?-])/i.test(text) && text !== '') {
    throw new PatternSyntaxError('must be a path that begins with "/"; hosts belong in "host".');
  }
  return `/${text}`;
}

function joinLiterals(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

/**
 * Compiles a `url_pattern` such as `/users/{id}?lang={lang}` or `/files/*`.
 *
 * @throws {PatternSyntaxError} when the pattern is malformed or could reach another host.
 */
export function compileUrlPattern(source: string): UrlPattern {
  // A dangling "?" would make others believe that there is a query.
  const text = withLeadingSlash(source).replace(/^([^?]*)\?$/, '$1');
  checkLiteral(text.replace(PLACEHOLDER, '{}'));
  const mark = text.replace(PLACEHOLDER, (name) => '_'.repeat(name.length)).indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? '' : text.slice(mark + 1);
  const queryNames = readQueryNames(query);
  const queryParts = query === '' ? [] : ['?', ...compileParts(query, encodeQueryValue)];
  const parts = joinLiterals([...compilePath(path), ...queryParts]);
  const params = [...new Set(parts.flatMap(paramsOf))];

  return { text, params, queryNames, resolve: createResolve(parts) };
}

function paramsOf(part: Part): string[] {
  if (typeof part === 'string') return [];
  return 'pieces' in part ? part.pieces.flatMap(paramsOf) : [part.param];
}

function createResolve(parts: readonly Part[]): UrlPattern['resolve'] {
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'string') {
    return function resolveConstant() {
      return first;
    };
  }
  return function resolvePattern(params) {
    return fill(parts, params);
  };
}

function fill(parts: readonly Part[], params: Readonly<Record<string, string>>): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if ('pieces' in part) text += fillSegment(part, params);
    else {
      const value = params[part.param];
      // Inherited members of a careless caller's object are no strings.
      if (typeof value !== 'string') throw new UrlPatternError(part.param, 'missing');
      text += part.encode(value, part.param);
    }
  }
  return text;
}

function fillSegment({ pieces, param }: Mixed, params: Readonly<Record<string, string>>): string {
  const segment = fill(pieces, params);
  if (DOT_SEGMENT.test(segment)) throw new UrlPatternError(param, 'hostile');
  return segment;
}

import type { Alias, Document, Node, Pair, Scalar } from 'yaml';
import { isJsonNumber, JsonNumber } from '../core/json-number.js';
import { DecodeError } from '../errors.js';
import { MAX_YAML_ALIASED, MAX_YAML_DEPTH, MAX_YAML_TOKENS, YAML_TOO_DEEP } from './limits.js';

type Yaml = typeof import('yaml');

const NOT_YAML = 'it is not valid YAML, or more than one document';
const TOO_LONG = `it has more than ${MAX_YAML_TOKENS} tokens; a key with its value takes about seven`;
const TOO_MANY_ALIASES = `its aliases stand for more than ${MAX_YAML_ALIASED} characters`;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Milliseconds after which others get their turn, and how many tokens are read between two looks at the clock. */
const TURN = 10;
const TOKENS_BETWEEN = 256;

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  logLevel: 'error',
  strict: true,
  prettyErrors: false,
  // Dates, sets and the like are no part of the core schema.
  resolveKnownTags: false,
  // The package compares each key with all before it.
  uniqueKeys: false,
} as const;

/**
 * The value of the only document of a YAML text. Numbers that a JavaScript number would change become `JsonNumber`s, keys
 * named `__proto__` are dropped, and what aliases refer to is copied.
 *
 * @throws DecodeError when the text is not YAML, has a key twice or one that is no scalar, or is beyond the limits.
 */
export async function readYaml(text: string, yaml: Yaml): Promise<unknown> {
  try {
    const document = await compose(text, yaml);
    return document ? toValue(document, yaml) : null;
  } catch (error) {
    // The package throws errors that quote the document, and runs out of stack on deep ones.
    if (error instanceof DecodeError) throw error;
    throw new DecodeError(error instanceof RangeError ? YAML_TOO_DEEP : NOT_YAML);
  }
}

/** What `parseDocument` of the package does, but within limits, and with turns for others in between. */
async function compose(text: string, { Composer, Lexer, Parser }: Yaml): Promise<Document.Parsed | undefined> {
  const parser = new Parser();
  const composer = new Composer(OPTIONS);
  const documents: Document.Parsed[] = [];
  let tokens = 0;
  let turnEnds = performance.now() + TURN;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MAX_YAML_TOKENS) throw new DecodeError(TOO_LONG);
    if (parser.stack.length > MAX_YAML_DEPTH * 2) throw new DecodeError(YAML_TOO_DEEP);
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (documents.length > 1) throw new DecodeError(NOT_YAML);
    if (tokens % TOKENS_BETWEEN === 0 && performance.now() > turnEnds) {
      await new Promise(setImmediate);
      turnEnds = performance.now() + TURN;
    }
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  const [document] = documents;
  if (documents.length > 1 || (document && document.errors.length > 0)) throw new DecodeError(NOT_YAML);
  return document;
}

function toValue(document: Document.Parsed, { isAlias, isMap, isScalar, isSeq }: Yaml): unknown {
  const anchors = new Map<string, Node>();
  /** What an alias meant where it was written: an anchor may be set anew after it. */
  const targets = new Map<Alias, Node>();
  let aliased = 0;

  /** `isCopy` is true for what an alias refers to. */
  function read(node: unknown, depth: number, isCopy: boolean): unknown {
    if (isAlias(node)) return read(targetOf(node), depth, true);
    if (!isCopy) remember(node);
    else count(node);
    if (isScalar(node)) return scalarOf(node);
    if (depth > MAX_YAML_DEPTH && (isSeq(node) || isMap(node))) throw new DecodeError(YAML_TOO_DEEP);
    if (isSeq(node)) return node.items.map((item) => read(item, depth + 1, isCopy));
    return isMap(node) ? readMap(node.items, depth, isCopy) : null;
  }

  function readMap(pairs: readonly Pair[], depth: number, isCopy: boolean): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const pair of pairs) {
      const key = keyOf(read(pair.key, depth + 1, isCopy));
      const value = read(pair.value, depth + 1, isCopy);
      if (key === '__proto__') continue;
      if (Object.hasOwn(result, key)) throw new DecodeError('it has a key twice');
      result[key] = value;
    }
    return result;
  }

  function remember(node: unknown): void {
    const anchor = (node as Partial<Node> | null)?.anchor;
    if (anchor !== undefined) anchors.set(anchor, node as Node);
  }

  function targetOf(alias: Alias): Node {
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (target === undefined) throw new DecodeError('it has an alias without its anchor');
    targets.set(alias, target);
    return target;
  }

  function count(node: unknown): void {
    aliased += 1 + (isScalar(node) ? (node.source?.length ?? 0) : 0);
    if (aliased > MAX_YAML_ALIASED) throw new DecodeError(TOO_MANY_ALIASES);
  }

  return read(document.contents, 1, false);
}

function scalarOf({ source, value }: Scalar): unknown {
  if (typeof value === 'number' && source !== undefined && String(value) !== source && NUMBER.test(source)) {
    return new JsonNumber(source);
  }
  return value;
}

function keyOf(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'object' && !isJsonNumber(value)) throw new DecodeError('it has a key that is no scalar');
  return String(value);
}

/**
 * JSON as the oracle sees it: numbers stay the text they were written in, keys stay in order. Written apart from the
 * gateway's decoder on purpose; it shares no code and no idea with it but the grammar.
 */
export type Node = ObjectNode | ArrayNode | StringNode | RawNode;
export interface ObjectNode {
  readonly kind: 'object';
  readonly members: Map<string, Node>;
}
export interface ArrayNode {
  readonly kind: 'array';
  readonly items: readonly Node[];
}
export interface StringNode {
  readonly kind: 'string';
  readonly value: string;
}
/** A number, `true`, `false` or `null`, by its text. */
export interface RawNode {
  readonly kind: 'raw';
  readonly text: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const WORD = /true|false|null/y;

/** Parses strictly, throws on anything that is not one JSON document. */
export function parseText(text: string): Node {
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return undefined;
    at = pattern.lastIndex;
    return found[0];
  }

  function expect(character: string): void {
    if (text[at] !== character) throw new SyntaxError(`expected ${character} at ${at}`);
    at += 1;
  }

  function list(close: string, element: () => void): void {
    at += 1;
    take(SPACE);
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      element();
      take(SPACE);
      if (text[at] !== ',') break;
      at += 1;
    }
    expect(close);
  }

  /** Finds the closing quote; `JSON.parse` of the token checks what is in between. */
  function string(): string {
    if (text[at] !== '"') throw new SyntaxError(`expected a string at ${at}`);
    let end = at;
    for (let isEscaped = true; isEscaped; ) {
      end = text.indexOf('"', end + 1);
      if (end < 0) throw new SyntaxError(`a string without an end at ${at}`);
      let slashes = 0;
      while (text[end - 1 - slashes] === '\\') slashes += 1;
      isEscaped = slashes % 2 === 1;
    }
    const token = text.slice(at, end + 1);
    at = end + 1;
    return JSON.parse(token) as string;
  }

  function value(): Node {
    take(SPACE);
    if (text[at] === '{') {
      const members = new Map<string, Node>();
      list('}', function member() {
        take(SPACE);
        const key = string();
        take(SPACE);
        expect(':');
        members.set(key, value());
      });
      return { kind: 'object', members };
    }
    if (text[at] === '[') {
      const items: Node[] = [];
      list(']', function item() {
        items.push(value());
      });
      return { kind: 'array', items };
    }
    if (text[at] === '"') return { kind: 'string', value: string() };
    const raw = take(WORD) ?? take(NUMBER);
    if (!raw) throw new SyntaxError(`expected a value at ${at}`);
    return { kind: 'raw', text: raw };
  }

  const node = value();
  take(SPACE);
  if (at !== text.length) throw new SyntaxError(`surplus text at ${at}`);
  return node;
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

function isIndex(key: string): boolean {
  return INDEX.test(key) && Number(key) < 4294967295;
}

/** Keys that look like array indexes come first and in order, as in every JavaScript object; the others as they came. */
function orderedKeys(members: Map<string, Node>): string[] {
  const keys = [...members.keys()];
  const indexes = keys.filter(isIndex);
  if (indexes.length === 0) return keys;
  return [...indexes.sort((a, b) => Number(a) - Number(b)), ...keys.filter((key) => !isIndex(key))];
}

/** Prints compactly; numbers by their text. */
export function printText(node: Node): string {
  switch (node.kind) {
    case 'raw':
      return node.text;
    case 'string':
      return JSON.stringify(node.value);
    case 'array':
      return `[${node.items.map(printText).join(',')}]`;
    case 'object': {
      const parts: string[] = [];
      for (const key of orderedKeys(node.members)) {
        parts.push(`${JSON.stringify(key)}:${printText(node.members.get(key) as Node)}`);
      }
      return `{${parts.join(',')}}`;
    }
  }
}

const IN_SCRIPTS = /[<>&\u2028\u2029]/g;

/** Escaped as the gateway documents it for its answers, which can stand inside a script element. */
export function printAnswer(node: Node): string {
  return printText(node).replace(
    IN_SCRIPTS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The gateway's one documented rule for `__proto__` keys: they are dropped, wherever they stand. */
export function withoutProto(node: Node): Node {
  if (node.kind === 'array') return { kind: 'array', items: node.items.map(withoutProto) };
  if (node.kind !== 'object') return node;
  const members = new Map<string, Node>();
  for (const [key, member] of node.members) if (key !== '__proto__') members.set(key, withoutProto(member));
  return { kind: 'object', members };
}

/** Objects merge key by key at every depth; anything else is replaced by the later part. */
export function mergeNodes(earlier: Node, later: Node): Node {
  return mergeBy(earlier, later, (_, last) => last);
}

/** The same, but lists are joined. */
export function joinNodes(earlier: Node, later: Node): Node {
  return mergeBy(earlier, later, (first, last) =>
    first.kind === 'array' && last.kind === 'array' ? { kind: 'array', items: [...first.items, ...last.items] } : last,
  );
}

function mergeBy(earlier: Node, later: Node, clash: (earlier: Node, later: Node) => Node): Node {
  if (earlier.kind !== 'object' || later.kind !== 'object') return clash(earlier, later);
  const members = new Map(earlier.members);
  for (const [key, member] of later.members) {
    const present = members.get(key);
    members.set(key, present ? mergeBy(present, member, clash) : member);
  }
  return { kind: 'object', members };
}

/** What `JSON.parse` could read without a loss, as a node. */
export function toNode(value: unknown): Node {
  if (typeof value === 'string') return { kind: 'string', value };
  if (Array.isArray(value)) return { kind: 'array', items: value.map(toNode) };
  if (typeof value !== 'object' || value === null) return { kind: 'raw', text: JSON.stringify(value) };
  return objectNode(Object.entries(value).map(([key, member]) => [key, toNode(member)] as const));
}

export function objectNode(members: Iterable<readonly [string, Node]>): ObjectNode {
  return { kind: 'object', members: new Map(members) };
}

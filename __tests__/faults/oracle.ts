import { type Document, rssDocument, textDocument, xmlDocument, yamlDocument } from './formats.js';
import { type Node, parseText, printAnswer, withoutProto } from './json-text.js';
import { listPayload, objectPayload, type PayloadContext, streamPayload } from './payload.js';
import type { Outcome } from './plans.js';
import { createRandom } from './random.js';
import { type Contribution, NULL } from './shapes.js';
import type { LabRequest, Part } from './turn.js';

/** An answer that the gateway may give to a request. */
export interface Expected {
  readonly status: number;
  readonly isComplete: boolean;
  /** The body's text; `undefined` where there is none. */
  readonly text: string | undefined;
}

const DOCUMENTS = { text: textDocument, xml: xmlDocument, yaml: yamlDocument, rss: rssDocument };
const NO_BODY = Buffer.alloc(0);

function contextOf(part: Part, token: string, body: Buffer): PayloadContext {
  return {
    token,
    role: part.role.name,
    random: createRandom(part.seed),
    request: part.plan?.isEarly ? NO_BODY : body,
    isOdd: part.plan?.isOdd === true,
    bulk: part.role.bulk,
    keys: part.role.keys,
  };
}

/** What the part's backend says when it is well, for the request with that token and body. */
export function payloadOf(part: Part, { route }: LabRequest, token: string, body: Buffer): Buffer {
  const context = contextOf(part, token, body);
  const { kind } = route.shape;
  if (kind === 'stream') return streamPayload(context);
  if (kind === 'collection') return Buffer.from(listPayload(context));
  return Buffer.from(kind === 'object' ? objectPayload(context) : DOCUMENTS[kind](context).text);
}

function documentOf(part: Part, { route, token, body }: LabRequest): Node {
  const context = contextOf(part, token, body);
  const { kind } = route.shape;
  if (kind === 'object') return withoutProto(parseText(objectPayload(context)));
  if (kind === 'collection') return withoutProto(parseText(listPayload(context)));
  if (kind === 'stream') throw new Error('a stream has no document');
  const { node }: Document = DOCUMENTS[kind](context);
  return node;
}

function contribution(part: Part, request: LabRequest, outcome: Outcome): Contribution {
  if (outcome === 'fail' || outcome === 'empty') return outcome;
  if (outcome === 'null') return { node: NULL };
  const node = documentOf(part, request);
  if (outcome === 'unsure') return { node, isUnsure: true };
  return { node: outcome === 'array' ? { kind: 'array', items: [node] } : node };
}

/** What a member of the document is that the part's backend says, as a text in a URL. */
export function memberOf(part: Part, request: LabRequest, key: string): string | undefined {
  const node = documentOf(part, request);
  const member = node.kind === 'object' ? node.members.get(key) : undefined;
  if (member?.kind === 'raw') return member.text;
  return member?.kind === 'string' ? member.value : undefined;
}

/** Every answer that is right for a request whose answer is decoded; the usual request has exactly one. */
export function expectedAnswers(request: LabRequest): Expected[] {
  return answersFor(
    request,
    request.parts.map((part) => part.expected.outcomes),
  );
}

/**
 * The answers that are honest, though not wanted, when time ran out: parts may be missing. Whether a grouped part is
 * missing shows in the answer; the others are tried both ways.
 */
export function lateAnswers(request: LabRequest, text: string | undefined): Expected[] {
  const present = presentKeys(text);
  return answersFor(
    request,
    request.parts.map(function choices({ role, expected }) {
      if (role.group === undefined) return [...new Set<Outcome>(['fail', ...expected.outcomes])];
      if (present.has(role.group)) return expected.outcomes;
      return expected.outcomes.includes('empty') ? ['fail', 'empty'] : ['fail'];
    }),
  );
}

function presentKeys(text: string | undefined): ReadonlySet<string> {
  if (text === undefined) return new Set();
  let node: Node;
  try {
    node = parseText(text);
  } catch {
    return new Set();
  }
  return new Set(node.kind === 'object' ? node.members.keys() : []);
}

function answersFor(request: LabRequest, choices: readonly (readonly Outcome[])[]): Expected[] {
  const { shape } = request.route;
  const made = choices.map((outcomes, index) =>
    outcomes.map((outcome) => contribution(request.parts[index] as Part, request, outcome)),
  );
  let combinations: Contribution[][] = [[]];
  for (const options of made)
    combinations = combinations.flatMap((start) => options.map((option) => [...start, option]));
  return combinations.map(function toExpected(contributions): Expected {
    const { status, isComplete, node } = shape.combine(contributions, shape.roles);
    return { status, isComplete, text: node && (shape.print ?? printAnswer)(node) };
  });
}

import { type Node, parseText, printText, withoutProto } from './json-text.js';
import { listPayload, objectPayload, type PayloadContext, streamPayload } from './payload.js';
import type { Outcome } from './plans.js';
import { createRandom } from './random.js';
import { type Answer, type Contribution, NULL } from './shapes.js';
import type { LabRequest, Part } from './turn.js';

/** An answer that the gateway may give to a request. */
export interface Expected {
  readonly status: number;
  readonly isComplete: boolean;
  /** The body's text; `undefined` where there is none. */
  readonly text: string | undefined;
}

/** What the part's backend says when it is well, for the request with that token and body. */
export function payloadOf(part: Part, request: LabRequest, token: string, body: Buffer): Buffer {
  const context: PayloadContext = {
    token,
    role: part.role.name,
    random: createRandom(part.seed),
    request: body,
    isOdd: part.plan?.isOdd === true,
  };
  const { kind } = request.route.shape;
  if (kind === 'stream') return streamPayload(context);
  return Buffer.from(kind === 'collection' ? listPayload(context) : objectPayload(context));
}

function contribution(part: Part, request: LabRequest, outcome: Outcome): Contribution {
  if (outcome === 'fail' || outcome === 'empty') return outcome;
  if (outcome === 'null') return { node: NULL };
  const text = payloadOf(part, request, request.token, request.body).toString('utf8');
  const node: Node = withoutProto(parseText(text));
  return { node: outcome === 'array' ? { kind: 'array', items: [node] } : node };
}

function toExpected({ status, isComplete, node }: Answer): Expected {
  return { status, isComplete, text: node && printText(node) };
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
  return combinations.map((contributions) => toExpected(shape.combine(contributions, shape.roles)));
}

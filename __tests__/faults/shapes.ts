import { mergeNodes, type Node, objectNode } from './json-text.js';

/** What the lab configures: numbers that the oracle and the checks go by. */
export const LAB = {
  /** Milliseconds. */
  timeout: 300,
  mergeTimeout: 255,
  /** Bytes of a backend's body. */
  cap: 256 * 1024,
  queries: ['q', 'page'],
  headers: ['x-lab-ok', 'content-type'],
} as const;

export interface Role {
  readonly name: string;
  readonly group?: string;
  /** Its connections are never used twice; only such a role plays Z41 and Z42. */
  readonly isolated?: boolean;
}

/** What a backend contributed, as the oracle knows it. */
export type Contribution = { readonly node: Node } | 'fail' | 'empty';

export interface Answer {
  readonly status: number;
  readonly isComplete: boolean;
  /** `undefined`: no body at all. */
  readonly node: Node | undefined;
}

/** A kind of endpoint: a row of this table is all that a new kind needs. */
export interface Shape {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** How backends' answers are read: as an object, as an array, or not at all. */
  readonly kind: 'object' | 'collection' | 'stream';
  readonly roles: readonly Role[];
  /** How often it is drawn. */
  readonly weight: number;
  /** Milliseconds after which a failure by time must have shown. */
  readonly deadline: number;
  /** Every header of the client goes on, but for those of its connection. */
  readonly forwardsAll?: boolean;
  /** Keys of the endpoint object beside path, method and backends. */
  readonly endpoint?: Readonly<Record<string, unknown>>;
  readonly backend?: Readonly<Record<string, unknown>>;
  /** The independent model: contributions in declared order make an answer. */
  readonly combine: (contributions: readonly Contribution[], roles: readonly Role[]) => Answer;
}

const FAILED: Answer = { status: 500, isComplete: false, node: undefined };
export const NULL: Node = { kind: 'raw', text: 'null' };

function isNull(node: Node): boolean {
  return node.kind === 'raw' && node.text === 'null';
}

function single([part = 'fail']: readonly Contribution[]): Answer {
  if (part === 'fail') return FAILED;
  if (part === 'empty') return { status: 200, isComplete: true, node: objectNode([]) };
  if (part.node.kind === 'array')
    return { status: 200, isComplete: true, node: objectNode([['collection', part.node]]) };
  return { status: 200, isComplete: !isNull(part.node), node: part.node };
}

function merged(parts: readonly Contribution[], roles: readonly Role[]): Answer {
  if (parts.every((part) => part === 'fail')) return FAILED;
  let isComplete = true;
  let node: Node = objectNode([]);
  for (const [index, part] of parts.entries()) {
    const group = roles[index]?.group;
    if (part === 'fail') isComplete = false;
    else if (part !== 'empty') {
      const wrapped: Node = part.node.kind === 'array' ? objectNode([['collection', part.node]]) : part.node;
      if (group !== undefined) node = mergeNodes(node, objectNode([[group, wrapped]]));
      else if (isNull(wrapped)) isComplete = false;
      else node = mergeNodes(node, wrapped);
    }
  }
  return { status: 200, isComplete, node };
}

const TWELVE = Array.from({ length: 12 }, (_, index) => ({ name: `m${index}`, group: `g${index}` }));

export const shapes: readonly Shape[] = [
  {
    name: 'single',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'b0' }],
    weight: 20,
    deadline: LAB.timeout,
    combine: single,
  },
  {
    name: 'merge3',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'b0', group: 'first' }, { name: 'b1' }, { name: 'b2' }],
    weight: 25,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
  {
    name: 'merge12',
    method: 'GET',
    kind: 'object',
    roles: TWELVE,
    weight: 5,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
  {
    name: 'stream-get',
    method: 'GET',
    kind: 'stream',
    roles: [{ name: 's0' }],
    weight: 15,
    deadline: LAB.timeout,
    endpoint: { output_encoding: 'no-op' },
    combine: single,
  },
  {
    name: 'stream-post',
    method: 'POST',
    kind: 'stream',
    roles: [{ name: 'p0' }],
    weight: 10,
    deadline: LAB.timeout,
    endpoint: { output_encoding: 'no-op' },
    combine: single,
  },
  {
    name: 'post2',
    method: 'POST',
    kind: 'object',
    roles: [
      { name: 'p1', group: 'left' },
      { name: 'p2', group: 'right' },
    ],
    weight: 10,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
  {
    name: 'collection',
    method: 'GET',
    kind: 'collection',
    roles: [{ name: 'c0' }],
    weight: 10,
    deadline: LAB.timeout,
    backend: { is_collection: true },
    combine: single,
  },
  {
    name: 'wild',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'w0' }],
    weight: 5,
    deadline: LAB.timeout,
    forwardsAll: true,
    endpoint: { input_headers: ['*'] },
    combine: single,
  },
  {
    // Long enough that a backend nobody waits for would be seen at work.
    name: 'patient',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'b0' }],
    weight: 2,
    deadline: 2000,
    endpoint: { timeout: '2s' },
    combine: single,
  },
  {
    name: 'isolated',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'i0', group: 'alone', isolated: true }, { name: 'b0' }],
    weight: 10,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
];

export interface Route {
  readonly path: string;
  readonly shape: Shape;
  /** Origins in the order of the shape's roles. */
  readonly origins: readonly string[];
}

/** A configuration in KrakenD's words for the routes given, and what else is to stand in it. */
export function buildConfig(
  routes: readonly Route[],
  further: readonly Record<string, unknown>[] = [],
): Record<string, unknown> {
  return {
    version: 3,
    timeout: `${LAB.timeout}ms`,
    endpoints: [
      ...routes.map(({ path, shape, origins }) => ({
        endpoint: `/${path}/{tok}`,
        method: shape.method,
        input_query_strings: [...LAB.queries],
        input_headers: [...LAB.headers],
        ...shape.endpoint,
        backend: shape.roles.map((role, index) => ({
          host: [origins[index]],
          url_pattern: `/${role.name}/{tok}`,
          max_response_body: LAB.cap,
          ...(role.group === undefined ? {} : { group: role.group }),
          ...(role.isolated ? { isolate_connections: true } : {}),
          ...shape.backend,
        })),
      })),
      ...further,
    ],
  };
}

import { CERTIFICATE_AUTHORITY } from './certificates.js';
import { chained, concatenated, merged, single } from './combine.js';
import { printXml } from './formats.js';
import type { Node } from './json-text.js';
import { DENIED, denied, FILTERED, FLATTENED, filtered, flattened } from './reshape.js';

/** What the lab configures: numbers that the oracle and the checks go by. */
export const LAB = {
  /** Milliseconds. */
  timeout: 300,
  mergeTimeout: 255,
  raceTimeout: 225,
  /** Bytes of a backend's body. */
  cap: 256 * 1024,
  /** Bytes of a body that is meant to be large. */
  largeCap: 2 * 1024 * 1024,
  queries: ['q', 'page'],
  headers: ['x-lab-ok', 'content-type'],
} as const;

export interface Role {
  readonly name: string;
  readonly group?: string;
  /** Its connections are never used twice; only such a role plays Z41 and Z42. */
  readonly isolated?: boolean;
  /** Speaks TLS. */
  readonly isSecure?: boolean;
  /** Items on top of what its documents have anyway, bytes where they are passed through; with the larger cap. */
  readonly bulk?: number;
  /** Keys in one object of its documents, the same as in every other's. */
  readonly keys?: number;
  /** Is called by what the first backend said, not by what the client did: the path is its token, and a number behind it. */
  readonly isSecond?: boolean;
  /** Keys of the backend object. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What they do to its document. */
  readonly reshape?: (node: Node) => Node;
}

/** What a backend contributed, as the oracle knows it. */
export type Contribution = { readonly node: Node; readonly isUnsure?: boolean } | 'fail' | 'empty';

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
  /** What backends write: JSON (an object or an array), another format, or bytes that are passed through. */
  readonly kind: 'object' | 'collection' | 'text' | 'xml' | 'yaml' | 'rss' | 'stream';
  readonly roles: readonly Role[];
  /** How often it is drawn. */
  readonly weight: number;
  /** So costly that it has a phase of its own, in which nothing else is asked for. */
  readonly isHeavy?: boolean;
  /** How often a backend may be called for one request; 1 where neither copies nor retries are configured. */
  readonly tries?: number;
  /** Its backends are called one after another. */
  readonly isChain?: boolean;
  /** How the answer is written; JSON where nothing else is said. */
  readonly print?: (node: Node) => string;
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

export const NULL: Node = { kind: 'raw', text: 'null' };

const TWELVE = Array.from({ length: 12 }, (_, index) => ({ name: `m${index}`, group: `g${index}` }));

/** What a mebibyte or ten thousand keys go through. */
const HEAVY: readonly (Pick<Shape, 'name' | 'roles'> & Partial<Shape>)[] = [
  {
    name: 'many-keys',
    roles: [
      { name: 'h0', keys: 10_000 },
      { name: 'h1', keys: 10_000 },
    ],
  },
  {
    name: 'many-keys-concat',
    roles: [
      { name: 'h0', keys: 10_000 },
      { name: 'h1', keys: 10_000 },
    ],
    endpoint: { extra_config: { proxy: { combiner: 'concat' } } },
    combine: concatenated,
  },
  { name: 'large-flat', roles: [{ name: 'h2', bulk: 1000, options: FLATTENED, reshape: flattened }] },
  {
    name: 'large-merge',
    roles: [
      { name: 'l0', bulk: 320, group: 'one' },
      { name: 'l1', bulk: 320 },
    ],
  },
  {
    name: 'large-xml',
    kind: 'xml',
    roles: [{ name: 'h3', bulk: 5000 }],
    endpoint: { output_encoding: 'xml' },
    backend: { encoding: 'xml' },
    print: printXml,
  },
  { name: 'large-yaml', kind: 'yaml', roles: [{ name: 'h4', bulk: 2000 }], backend: { encoding: 'yaml' } },
  { name: 'large-rss', kind: 'rss', roles: [{ name: 'h5', bulk: 3000 }], backend: { encoding: 'rss' } },
];

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
  {
    name: 'chain',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'q0' }, { name: 'q1', group: 'then', isSecond: true }],
    weight: 5,
    deadline: LAB.mergeTimeout,
    isChain: true,
    endpoint: { extra_config: { proxy: { sequential: true } } },
    combine: chained,
  },
  {
    name: 'race',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'a0' }],
    weight: 4,
    deadline: LAB.raceTimeout,
    tries: 3,
    endpoint: { concurrent_calls: 3 },
    combine: single,
  },
  {
    name: 'again',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'a1' }],
    weight: 4,
    deadline: LAB.timeout,
    tries: 3,
    backend: { retry: { attempts: 2, on: ['connection', 503], backoff: '5ms' } },
    combine: single,
  },
  {
    name: 'shaped',
    method: 'GET',
    kind: 'object',
    roles: [
      { name: 'f0', options: FILTERED, reshape: filtered },
      { name: 'f1', options: DENIED, reshape: denied },
      { name: 'f2', group: 'flat', options: FLATTENED, reshape: flattened },
    ],
    weight: 5,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
  {
    name: 'allowed',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'f0', options: FILTERED, reshape: filtered }],
    weight: 2,
    deadline: LAB.timeout,
    combine: single,
  },
  {
    name: 'text',
    method: 'GET',
    kind: 'text',
    roles: [{ name: 'e0' }],
    weight: 2,
    deadline: LAB.timeout,
    backend: { encoding: 'string' },
    combine: single,
  },
  {
    name: 'xml',
    method: 'GET',
    kind: 'xml',
    roles: [{ name: 'e1' }],
    weight: 3,
    deadline: LAB.timeout,
    endpoint: { output_encoding: 'xml' },
    backend: { encoding: 'xml' },
    print: printXml,
    combine: single,
  },
  {
    name: 'yaml',
    method: 'GET',
    kind: 'yaml',
    roles: [{ name: 'e2' }],
    weight: 3,
    deadline: LAB.timeout,
    backend: { encoding: 'yaml' },
    combine: single,
  },
  {
    name: 'rss',
    method: 'GET',
    kind: 'rss',
    roles: [{ name: 'e3', group: 'feed' }],
    weight: 2,
    deadline: LAB.timeout,
    backend: { encoding: 'rss' },
    combine: merged,
  },
  {
    name: 'secure',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 't0', group: 'safe', isSecure: true }, { name: 'b0' }],
    weight: 5,
    deadline: LAB.mergeTimeout,
    combine: merged,
  },
  {
    name: 'secure-stream',
    method: 'POST',
    kind: 'stream',
    roles: [{ name: 't1', isSecure: true }],
    weight: 4,
    deadline: LAB.timeout,
    endpoint: { output_encoding: 'no-op' },
    combine: single,
  },
  {
    name: 'download',
    method: 'GET',
    kind: 'stream',
    roles: [{ name: 's1', bulk: 400_000 }],
    weight: 2,
    deadline: LAB.timeout,
    endpoint: { output_encoding: 'no-op' },
    combine: single,
  },
  {
    name: 'large',
    method: 'GET',
    kind: 'object',
    roles: [{ name: 'l0', bulk: 320 }],
    weight: 1,
    deadline: LAB.timeout,
    combine: single,
  },
  ...HEAVY.map(
    (heavy): Shape => ({
      method: 'GET',
      kind: 'object',
      weight: 1,
      isHeavy: true,
      deadline: heavy.roles.length > 1 ? 1700 : 2000,
      combine: heavy.roles.length > 1 ? merged : single,
      ...heavy,
      endpoint: { timeout: '2s', ...heavy.endpoint },
    }),
  ),
];

export interface Route {
  readonly path: string;
  readonly shape: Shape;
  /** Origins in the order of the shape's roles. */
  readonly origins: readonly string[];
}

/** Bytes of a body that its backend may send. */
export function capOf({ bulk, keys }: Role): number {
  return bulk === undefined && keys === undefined ? LAB.cap : LAB.largeCap;
}

function patternOf({ name, isSecond }: Role): string {
  return isSecond ? `/${name}/{resp0_tok}-{resp0_num}` : `/${name}/{tok}`;
}

/** A configuration in KrakenD's words for the routes given, and what else is to stand in it. */
export function buildConfig(
  routes: readonly Route[],
  further: readonly Record<string, unknown>[] = [],
): Record<string, unknown> {
  return {
    version: 3,
    timeout: `${LAB.timeout}ms`,
    client_tls: { ca_certs: [CERTIFICATE_AUTHORITY], disable_system_ca_pool: true },
    endpoints: [
      ...routes.map(({ path, shape, origins }) => ({
        endpoint: `/${path}/{tok}`,
        method: shape.method,
        input_query_strings: [...LAB.queries],
        input_headers: [...LAB.headers],
        ...shape.endpoint,
        backend: shape.roles.map((role, index) => ({
          host: [origins[index]],
          url_pattern: patternOf(role),
          max_response_body: capOf(role),
          ...(role.group === undefined ? {} : { group: role.group }),
          ...(role.isolated ? { isolate_connections: true } : {}),
          ...shape.backend,
          ...role.options,
        })),
      })),
      ...further,
    ],
  };
}

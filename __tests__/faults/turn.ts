import type { Call } from './fault-backend.js';
import { type Expectation, healthyPlans, type Plan, plans } from './plans.js';
import { createRandom, type Random } from './random.js';
import { LAB, type Role, type Route, type Shape } from './shapes.js';

/** What one backend will do for one request. */
export interface Part {
  readonly role: Role;
  /** Undefined where the fault lies in the port. */
  readonly plan: Plan | undefined;
  readonly id: string;
  readonly name: string;
  readonly expected: Expectation;
  /** Seeds the payload and the plan's own chance. */
  readonly seed: number;
  /** Status of a healthy `no-op` answer. */
  readonly status: number;
}

/** One request of a turn, and what the journals say of it. */
export interface LabRequest {
  readonly token: string;
  readonly route: Route;
  readonly parts: readonly Part[];
  readonly bytes: Buffer;
  readonly body: Buffer;
  /** Declared query pairs in the order sent. */
  readonly query: readonly string[];
  readonly labHeader: string | undefined;
  /** Filled by the backends. */
  readonly calls: Call[];
  /** The body as a backend put it on the wire, where that is not the payload. */
  sent?: Buffer | undefined;
}

export type TurnBehaviour = 'normal' | 'reset' | 'half-close' | 'slow-read' | 'halting' | 'pipelined';

export interface Turn {
  readonly number: number;
  readonly behaviour: TurnBehaviour;
  readonly requests: readonly LabRequest[];
  /** Milliseconds until a client leaves, reads on, or sends on. */
  readonly delay: number;
  /** Bytes after which a halting client pauses. */
  readonly splitAt: number;
  readonly fresh: boolean;
}

/** A route with a fault in the port of one of its roles. */
export interface FaultyRoute {
  readonly route: Route;
  readonly id: string;
  readonly name: string;
  readonly expected: Expectation;
  readonly role: Role;
}

export interface Routes {
  readonly healthy: readonly Route[];
  readonly faulty: readonly FaultyRoute[];
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly routes: Routes;
  /** Only faults with these ids, and more of them. */
  readonly only: readonly string[];
  /** Added to requests where the gateway must not let it through. */
  readonly canary: string;
  /** Where the gateway is mounted. */
  readonly prefix: string;
  /** Only the shapes that have a phase of their own. */
  readonly isHeavy?: boolean;
}

/** How clients carry themselves, with the share up to which it is drawn. */
const BEHAVIOURS: readonly (readonly [number, TurnBehaviour])[] = [
  [0.82, 'normal'],
  [0.88, 'reset'],
  [0.91, 'half-close'],
  [0.94, 'slow-read'],
  [0.97, 'halting'],
  [1, 'pipelined'],
];
/** What large documents are sent as: whole, late and compressed. */
const PLAIN = new Set(['Z01', 'Z03', 'Z04']);
const STREAM_STATUSES = [200, 200, 200, 201, 202, 203, 400, 404, 409, 500, 503];

/** Any part of such a body is a body: that some is missing has to show elsewhere. */
const SELF_SIMILAR = new Set(['stream', 'text', 'yaml']);

export function isPlayable(plan: Plan, role: Role, { shape }: Route): boolean {
  if (plan.only !== undefined && plan.only !== shape.method) return false;
  if (plan.never === 'stream' && SELF_SIMILAR.has(shape.kind)) return false;
  if (plan.isJson && shape.kind !== 'object' && shape.kind !== 'collection') return false;
  if (plan.line !== undefined && (plan.line === 'tls') !== (role.isSecure === true)) return false;
  return !plan.isolated || role.isolated === true;
}

/** A plan that fails once is a chance where there are more tries; some formats have an end of their own, and some do not. */
function expectationOf(plan: Plan, { kind, tries = 1 }: Shape): Expectation {
  const expected = kind === 'stream' ? plan.stream : plan.data;
  if (plan.isCloseDelimited && (kind === 'text' || kind === 'yaml'))
    return { ...expected, outcomes: expected.outcomes.map((outcome) => (outcome === 'ok' ? 'unsure' : outcome)) };
  return plan.recovers && tries > 1 ? { outcomes: ['ok', ...expected.outcomes], pace: 'any' } : expected;
}

/** Turn number `n` of a seed, always the same. */
export function createSchedule({
  seed,
  routes,
  only,
  canary,
  prefix,
  isHeavy = false,
}: ScheduleOptions): (number: number) => Turn {
  const weighted = routes.healthy
    .filter(({ shape }) => (shape.isHeavy ?? false) === isHeavy)
    .flatMap((route) => Array<Route>(route.shape.weight).fill(route));
  const patient = weighted.filter(({ shape }) => shape.deadline > LAB.timeout);
  const stalls = plans.filter(({ id }) => ['Z33', 'Z35', 'Z36', 'Z37'].includes(id));
  const faults = only.length === 0 ? plans : plans.filter(({ id }) => only.includes(id));
  const portFaults = only.length === 0 ? routes.faulty : routes.faulty.filter(({ id }) => only.includes(id));
  const healthyShare = only.length === 0 ? 0.7 : 0.2;
  const portShare = faults.length === 0 ? 1 : portFaults.length === 0 || isHeavy ? 0 : 0.08;

  function toPart(role: Role, plan: Plan, route: Route, random: Random): Part {
    return {
      role,
      plan,
      id: plan.id,
      name: plan.name,
      expected: expectationOf(plan, route.shape),
      seed: random.int(0, 2 ** 31),
      status: random.pick(STREAM_STATUSES),
    };
  }

  function healthyPart(role: Role, route: Route, random: Random): Part {
    const fitting = healthyPlans.filter((plan) => isPlayable(plan, role, route) && (!isHeavy || PLAIN.has(plan.id)));
    return toPart(role, random.pick(fitting), route, random);
  }

  function faultyPart(role: Role, route: Route, random: Random): Part {
    const fitting = faults.filter((plan) => isPlayable(plan, role, route));
    // Few shapes speak TLS: what only they can play would hardly be met.
    const ofTls = fitting.filter(({ line }) => line === 'tls');
    if (ofTls.length > 0 && random.chance(0.2)) return toPart(role, random.pick(ofTls), route, random);
    return fitting.length === 0 ? healthyPart(role, route, random) : toPart(role, random.pick(fitting), route, random);
  }

  function portTurn(random: Random): { route: Route; parts: Part[] } {
    const fault = random.pick(portFaults);
    const { route } = fault;
    const parts = route.shape.roles.map(function part(role): Part {
      const healthy = healthyPart(role, route, random);
      if (role !== fault.role) return healthy;
      return { ...healthy, plan: undefined, id: fault.id, name: fault.name, expected: fault.expected };
    });
    return { route, parts };
  }

  /** A client that leaves while nothing would come for long: only an abort ends the work for it. */
  function forsaken(random: Random): { route: Route; parts: Part[] } {
    const route = random.pick(patient);
    return { route, parts: route.shape.roles.map((role) => toPart(role, random.pick(stalls), route, random)) };
  }

  function chooseParts(random: Random, isLeaving: boolean): { route: Route; parts: readonly Part[] } {
    if (isLeaving && only.length === 0 && random.chance(0.4)) return forsaken(random);
    const kind = random.next();
    const route = random.pick(weighted);
    const { roles } = route.shape;
    if (kind < healthyShare) return { route, parts: roles.map((role) => healthyPart(role, route, random)) };
    if (random.chance(portShare)) return portTurn(random);
    // A chain whose first backend has failed ends there: when it does is told by one fault, not by two.
    if (kind < 0.95 || route.shape.isChain) {
      const broken = random.int(0, roles.length - 1);
      const parts = roles.map((role, index) => (index === broken ? faultyPart : healthyPart)(role, route, random));
      return { route, parts };
    }
    // Where several parts may go either way the answers to allow multiply: three of them are enough.
    let open = 3;
    const parts = roles.map(function part(role) {
      const drawn = faultyPart(role, route, random);
      if (drawn.expected.outcomes.length === 1) return drawn;
      open -= 1;
      return open >= 0 ? drawn : healthyPart(role, route, random);
    });
    return { route, parts };
  }

  function buildRequest(random: Random, number: number, index: number, isLeaving: boolean): LabRequest {
    const { route, parts } = chooseParts(random, isLeaving);
    const token = `Q${number.toString(36)}x${index}-${random.hex(12)}`;
    const query = Array.from(
      { length: random.int(0, 3) },
      () => `${random.pick(LAB.queries)}=${random.pick(['1', 'a%20b', 'x.y~z', '%C3%A9', ''])}`,
    );
    const sent = random.chance(0.3) ? [...query, `secret=${canary}`] : query;
    const labHeader = random.chance(0.5) ? random.hex(10) : undefined;
    const isPost = route.shape.method === 'POST';
    const body = isPost
      ? Buffer.from(random.hex(random.chance(0.1) ? random.int(10_000, 60_000) : random.int(1, 400)))
      : Buffer.alloc(0);
    const lines = [
      `${route.shape.method} ${prefix}/${route.path}/${token}${sent.length > 0 ? `?${sent.join('&')}` : ''} HTTP/1.1`,
      'Host: gateway.example',
      `Authorization: Bearer ${canary}`,
      `Cookie: session=${canary}`,
      ...(labHeader === undefined ? [] : [`X-Lab-Ok: ${labHeader}`]),
      ...(random.chance(0.1) ? ['TE: trailers', 'Keep-Alive: timeout=5', 'Proxy-Authorization: Basic eA=='] : []),
    ];
    const isChunked = isPost && random.chance(0.3);
    if (isPost)
      lines.push(
        'Content-Type: application/json',
        isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`,
      );
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const bytes = Buffer.concat([head, ...(isChunked ? chunk(body, random) : [body])]);
    return { token, route, parts, bytes, body, query, labHeader, calls: [] };
  }

  return function turnOf(number) {
    const random = createRandom(seed, number);
    const draw = random.next();
    const behaviour = BEHAVIOURS.find(([share]) => draw < share)?.[1] ?? 'normal';
    const count = behaviour === 'pipelined' ? 3 : behaviour === 'halting' ? 2 : 1;
    const requests = Array.from({ length: count }, (_, index) =>
      buildRequest(random, number, index, behaviour === 'reset'),
    );
    const [first] = requests;
    return {
      number,
      behaviour,
      requests,
      // In the first request's body, where it has one: what follows comes only when the pause is over.
      splitAt: first ? random.int(first.bytes.length - first.body.length, first.bytes.length - 1) : 0,
      delay: behaviour === 'reset' ? random.pick([0, 1, 2, 5, 20, 100, 250]) : random.int(5, 80),
      fresh: random.chance(0.05),
    };
  };
}

/** The next turn in which backends and client behave. */
export function nextHealthy(schedule: (number: number) => Turn, next: () => number): Turn {
  for (;;) {
    const turn = schedule(next());
    const isWell = turn.requests.every(({ parts }) => parts.every(({ expected }) => expected.outcomes.join() === 'ok'));
    if (isWell && turn.behaviour === 'normal') return turn;
  }
}

function chunk(body: Buffer, random: Random): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = random.int(1, body.length);
    const slice = body.subarray(at, at + size);
    parts.push(Buffer.from(`${slice.length.toString(16)}\r\n`), slice, Buffer.from('\r\n'));
    at += size;
  }
  parts.push(Buffer.from('0\r\n\r\n'));
  return parts;
}

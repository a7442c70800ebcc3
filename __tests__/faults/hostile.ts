import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import { createClient, type Exchange, type Result } from './client.js';
import { createHostileRequest } from './hostile-request.js';
import type { Finding } from './load.js';
import { healthyPlans } from './plans.js';
import { createRandom, type Random } from './random.js';
import type { Route } from './shapes.js';
import { createSmuggling } from './smuggling.js';
import { isPlayable, type LabRequest } from './turn.js';
import { verifyHostileCall } from './verify-hostile.js';

export interface HostileOptions {
  readonly seed: number;
  readonly port: number;
  readonly prefix: string;
  readonly backends: Backends;
  readonly canary: string;
  readonly isCanary: (text: string) => boolean;
  readonly onFinding: (finding: Finding) => void;
}

export interface HostileTally {
  requests: number;
  /** Answers by status; `closed` for those that got none. */
  readonly answers: Record<string, number>;
}

const CONNECTIONS = 32;
/** Milliseconds. */
const LATEST_CALL = 1000;
/** Milliseconds by which a timer may be early. */
const EARLY = 10;
/** Statuses below 500 and these say that the request was refused, not that something broke. */
const FINE = new Set([501, 503, 505]);

/** Sends requests that try to break out: nothing undeclared may reach a backend, and nothing may break. */
export async function runHostile(
  options: HostileOptions,
  kind: 'requests' | 'smuggling',
  count: number,
): Promise<HostileTally> {
  const { seed, port, prefix, backends, canary, isCanary, onFinding } = options;
  const tally: HostileTally = { requests: 0, answers: {} };
  const healthy = backends.routes.healthy.filter(({ shape }) => !shape.isHeavy);
  const stage = kind === 'requests' ? 2 : 3;
  let next = 0;
  const unsettled: { shown: string; request: LabRequest; result: Result }[] = [];
  const smuggled: { shown: string; hidden: LabRequest; result: Result }[] = [];

  function register(random: Random, number: number, index: number, route: Route): LabRequest {
    const parts = route.shape.roles.map(function part(role) {
      const plan = random.pick(healthyPlans.filter((one) => one.id === 'Z01' && isPlayable(one, role, route)));
      return {
        role,
        plan,
        id: plan.id,
        name: plan.name,
        expected: plan.data,
        seed: random.int(0, 2 ** 31),
        status: 200,
      };
    });
    const token = `Q${number.toString(36)}x${index}-${random.hex(12)}`;
    const request = {
      token,
      route,
      parts,
      bytes: Buffer.alloc(0),
      body: Buffer.alloc(0),
      query: [],
      labHeader: undefined,
      calls: [],
    };
    backends.register(request);
    return request;
  }

  function tell(name: string, invariant: string, message: string, result: Result): void {
    onFinding({ turn: undefined, result, invariant, message: `${message}\n  ${kind} ${name}` });
  }

  function judge(name: string, bytes: Buffer, result: Result, request: LabRequest): void {
    const answer = result.responses[0]?.response;
    const outcome = answer ? String(answer.status) : result.ending;
    tally.answers[outcome] = (tally.answers[outcome] ?? 0) + 1;
    const shown = `${name}: ${JSON.stringify(bytes.subarray(0, 300).toString('latin1'))}`;
    if (result.ending === 'hung') tell(shown, 'I3', 'no answer and no close', result);
    if (result.ending === 'malformed') tell(shown, 'I3', `malformed answer: ${result.reason}`, result);
    const isLate = result.endedAt - result.startedAt >= request.route.shape.deadline - EARLY;
    if (answer && answer.status >= 500 && !FINE.has(answer.status) && !isLate)
      tell(shown, 'I2', `a hostile request got ${answer.status}`, result);
    if (isCanary(result.received.toString('latin1')))
      tell(shown, 'I8', 'a canary is in the bytes for the client', result);
    unsettled.push({ shown, request, result });
  }

  function exchangeOf(method: string, bytes: Buffer, mayContinue: boolean, fresh: boolean): Exchange {
    return { methods: [method], bytes, mayContinue, behaviour: 'normal', delay: 0, patience: 10_000, fresh };
  }

  async function attack(client: ReturnType<typeof createClient>, number: number): Promise<void> {
    const random = createRandom(seed, stage, number);
    const route = random.pick(healthy);
    const request = register(random, number, 0, route);
    const { path, shape } = route;
    const hostile = createHostileRequest(
      { prefix, path, method: shape.method, token: request.token, evilPort: backends.evilPort, canary },
      random,
    );
    const result = await client.run(
      exchangeOf(hostile.method, hostile.bytes, hostile.mayContinue, hostile.spoilsConnection),
    );
    judge(hostile.mutations.join(' + '), hostile.bytes, result, request);
  }

  async function smuggle(client: ReturnType<typeof createClient>, number: number): Promise<void> {
    const random = createRandom(seed, stage, number);
    const outer = register(random, number, 0, random.pick(healthy.filter(({ shape }) => shape.method === 'POST')));
    const hidden = register(random, number, 1, random.pick(healthy.filter(({ shape }) => shape.method === 'GET')));
    const { bytes, name } = createSmuggling(
      {
        prefix,
        outer: { path: outer.route.path, token: outer.token },
        hidden: { path: hidden.route.path, token: hidden.token },
      },
      random,
    );
    const result = await client.run(exchangeOf('POST', bytes, false, true));
    judge(name, bytes, result, outer);
    smuggled.push({ shown: `${name}: ${JSON.stringify(bytes.toString('latin1'))}`, hidden, result });
  }

  async function work(): Promise<void> {
    const client = createClient(port);
    const run = kind === 'requests' ? attack : smuggle;
    while (next < count) {
      tally.requests += 1;
      await run(client, next++);
    }
    client.close();
  }

  /** Looks at the journals when what is on its way has arrived. */
  async function settle(): Promise<void> {
    await sleep(LATEST_CALL);
    for (const { shown, request, result } of unsettled) {
      for (const call of request.calls)
        verifyHostileCall(call, request.route, (message) => tell(shown, 'I7', message, result));
      backends.forget(request);
    }
    for (const { shown, hidden, result } of smuggled) {
      if (hidden.calls.length > 0) tell(shown, 'I7', 'F01: the hidden request reached a backend', result);
      backends.forget(hidden);
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  await settle();
  return tally;
}

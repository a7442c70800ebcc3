import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { serverContext } from './certificates.js';
import {
  type Call,
  createFaultBackend,
  type FaultBackend,
  type FaultBackendOptions,
  type Script,
} from './fault-backend.js';
import { createResponseReader } from './http-response.js';
import { payloadOf } from './oracle.js';
import { type PlanContext, portPlans } from './plans.js';
import { createRandom } from './random.js';
import { capOf, LAB, type Role, type Route, shapes } from './shapes.js';
import type { FaultyRoute, LabRequest, Part, Routes } from './turn.js';

/** All backends of a run, one port per role, and who is expected where. */
export interface Backends {
  readonly routes: Routes;
  /** A port that nobody may ever call. */
  readonly evilPort: number;
  /** From now on calls with this request's token are answered and written down. */
  register(request: LabRequest): void;
  forget(request: LabRequest): void;
  /** Calls that fit no registered request, and calls to where nothing may go. */
  readonly strays: string[];
  /** How often each fault was played. */
  readonly played: Map<string, number>;
  connections(): number;
  /** Bytes of a body that the backend of that name may send. */
  capOf(role: string): number;
  /** The calls that last used the gateway's connections from that port, one for each backend. */
  callsFrom(gatewayPort: number): Call[];
  close(): Promise<void>;
}

const TOKEN = /Q[0-9a-z]+x\d-[0-9a-f]{12}/;
/** Nothing listens there on any machine that this runs on; checked at start. */
const CLOSED_PORT = 11;
/** What a request may carry to where a redirect led it. */
const REDIRECTED_HEADERS = new Set(['host', 'connection', 'user-agent', 'accept-encoding', 'via']);
const CONTENT_TYPES = {
  object: 'application/json',
  collection: 'application/json',
  text: 'text/plain',
  xml: 'application/xml',
  yaml: 'application/yaml',
  rss: 'application/rss+xml',
  stream: 'application/x-lab',
};

export async function createBackends(): Promise<Backends> {
  const registered = new Map<string, LabRequest>();
  const strays: string[] = [];
  const played = new Map<string, number>();
  const lastCalls = new Map<number, Map<string, Call>>();
  const servers: FaultBackend[] = [];

  async function open(
    role: string,
    onCall: (call: Call) => Script | undefined,
    further: Pick<FaultBackendOptions, 'greeting' | 'secureContext'> = {},
  ) {
    const server = await createFaultBackend({ role, onCall, ...further });
    servers.push(server);
    return server;
  }

  function find(call: Call): LabRequest | undefined {
    const token = TOKEN.exec(call.target)?.[0];
    return token === undefined ? undefined : registered.get(token);
  }

  function stray(call: Call): undefined {
    strays.push(`${call.role}: ${call.method} ${call.target}`);
    return undefined;
  }

  function contextOf(call: Call, request: LabRequest, part: Part): PlanContext {
    const token = TOKEN.exec(call.target)?.[0] ?? '';
    return {
      body: payloadOf(part, request, token, call.body),
      contentType: CONTENT_TYPES[request.route.shape.kind],
      role: call.role,
      status: request.route.shape.kind === 'stream' ? part.status : 200,
      random: createRandom(part.seed, 1),
      timeout: LAB.timeout,
      cap: capOf(part.role),
      attempt: request.calls.filter(({ role }) => role === call.role).length,
      elsewhere: `http://127.0.0.1:${elsewhere.port}`,
      target: call.target,
    };
  }

  function answer(call: Call): Script | undefined {
    const known = lastCalls.get(call.remotePort) ?? new Map<string, Call>();
    lastCalls.set(call.remotePort, known.set(call.role, call));
    const request = find(call);
    const part = request?.parts.find(({ role }) => role.name === call.role);
    if (!request || !part?.plan) return stray(call);
    request.calls.push(call);
    const { plan } = part;
    const key = `${part.id} ${part.name}`;
    played.set(key, (played.get(key) ?? 0) + 1);
    return {
      on: plan.on ?? 'body',
      steps(whole) {
        const steps = plan.steps(contextOf(whole, request, part));
        const [first] = steps;
        if (plan.isEncoded && first && 'send' in first) request.sent = bodyOf(first.send);
        return steps;
      },
    };
  }

  function answerRedirected(call: Call): Script | undefined {
    const request = find(call);
    const part = request?.parts.find(
      ({ name, role }) => name === '302 to another port' && call.target.startsWith(`/${role.name}/`),
    );
    if (!request || !part) return stray(call);
    for (const [name] of call.headers) {
      if (!REDIRECTED_HEADERS.has(name)) strays.push(`the header ${name} went to another origin`);
    }
    return {
      on: 'body',
      steps(whole) {
        const { body, contentType } = contextOf(whole, request, part);
        const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nX-Be-Role: ${part.role.name}\r\nContent-Length: ${body.length}\r\n\r\n`;
        return [{ send: Buffer.concat([Buffer.from(head), body]) }];
      },
    };
  }

  const elsewhere = await open('elsewhere', answerRedirected);
  const evil = await open('evil', stray);
  const origins = new Map<string, string>();
  const context = serverContext();
  const roles = new Map(shapes.flatMap((shape) => shape.roles.map((role) => [role.name, role] as const)));
  for (const { name, isSecure } of roles.values()) {
    const { port } = await open(name, answer, { secureContext: isSecure ? context : undefined });
    origins.set(name, `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`);
  }
  const backlog = await openBacklog();
  await assertClosed(CLOSED_PORT);

  function toRoute(path: string, shape: Route['shape'], override?: { role: string; origin: string }): Route {
    return {
      path,
      shape,
      origins: shape.roles.map(({ name }) =>
        name === override?.role ? override.origin : (origins.get(name) as string),
      ),
    };
  }

  const faulty: FaultyRoute[] = [];
  for (const [index, plan] of portPlans.entries()) {
    const { greeting, scheme } = plan;
    const port =
      greeting === 'refuse'
        ? CLOSED_PORT
        : greeting === 'backlog'
          ? backlog.port
          : (await open(`port${index}`, stray, { greeting })).port;
    for (const shape of shapes) {
      if (shape.isHeavy) continue;
      const role = shape.roles.at(-1);
      if (!role) continue;
      const route = toRoute(`${shape.name}-p${index}`, shape, {
        role: role.name,
        origin: `${scheme}://127.0.0.1:${port}`,
      });
      faulty.push({ route, id: plan.id, name: plan.name, expected: plan.expected, role });
    }
  }

  return {
    routes: { healthy: shapes.map((shape) => toRoute(shape.name, shape)), faulty },
    evilPort: evil.port,
    strays,
    played,
    register(request) {
      registered.set(request.token, request);
    },
    forget(request) {
      registered.delete(request.token);
    },
    connections() {
      return servers.reduce((sum, server) => sum + server.connections(), 0);
    },
    capOf(role) {
      return capOf(roles.get(role) as Role);
    },
    callsFrom(gatewayPort) {
      return [...(lastCalls.get(gatewayPort)?.values() ?? [])];
    },
    async close() {
      backlog.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** The body of an answer as it stands on the wire. */
function bodyOf(bytes: Buffer): Buffer | undefined {
  const reader = createResponseReader();
  reader.expect('GET');
  return reader.push(bytes)[0]?.body;
}

/** A port whose queue is full: connecting hangs. */
async function openBacklog(): Promise<{ port: number; close(): void }> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./backlog.js', import.meta.url), { workerData: flag });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const sockets: Socket[] = [];
  for (let isConnected = true; isConnected && sockets.length < 16; ) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    sockets.push(socket);
    isConnected = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 200);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}

function assertClosed(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    connect({ port, host: '127.0.0.1' })
      .once('connect', () => reject(new Error(`port ${port} is not closed`)))
      .once('error', () => resolve());
  });
}

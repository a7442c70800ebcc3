import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Result } from './client.js';
import { type Call, createFaultBackend, type Step } from './fault-backend.js';
import { createRandom, type Random } from './random.js';
import type { Report } from './stage.js';

/** Figures of the cache. */
export interface CacheFigures {
  readonly reads: number;
  /** Calls of the backend for them. */
  readonly calls: number;
  readonly writes: number;
}

export interface CacheLab {
  readonly endpoints: readonly Record<string, unknown>[];
  run(port: number, seed: number, report: Report): Promise<Record<string, CacheFigures>>;
  close(): Promise<void>;
}

const TIME = 1800;
const CLIENTS = 12;
const KEYS = 8;
const TENANTS = ['ann', 'bob'];
/** Seconds. */
const MAX_AGE = 1;
/** Milliseconds: ages count in whole seconds, and an answer is under way for a while. */
const OLDEST = MAX_AGE * 1000 + 1100;

interface Issued {
  readonly key: string;
  readonly tenant: string;
  readonly at: number;
  readonly isForOne: boolean;
}

/**
 * Answers that may be kept, answers that may not, faults and writes, with a store in memory and with one that fails half of
 * the time. What a client gets must have been issued for its key and tenant, lately, and not before a write that it has
 * seen the end of.
 */
export async function createCacheLab(): Promise<CacheLab> {
  const issued = new Map<number, Issued>();
  const calls: Call[] = [];
  let serial = 0;
  let random = createRandom(1);

  function answer(call: Call): Step[] {
    const [, store = '', key = ''] = call.target.split('/');
    const tenant = call.headers.find(([name]) => name === 'x-lab-ok')?.[1] ?? '';
    if (call.method === 'POST') return [{ send: whole(`{"written":"${key}"}`, 'no-store') }];
    const draw = random.next();
    if (draw < 0.03) return [{ rst: true }];
    if (draw < 0.06) return [{ send: Buffer.from('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n') }];
    serial += 1;
    const isForOne = Number(key) % 4 === 0;
    issued.set(serial, { key: `${store}/${key}`, tenant, at: performance.now(), isForOne });
    const body = JSON.stringify({ key, tenant, serial });
    const bytes = whole(body, isForOne ? 'private' : `max-age=${MAX_AGE}`);
    if (draw < 0.09) return [{ send: bytes.subarray(0, -5) }, { wait: 1 }, { fin: true }];
    return [{ wait: random.int(0, 8) }, { send: bytes }];
  }

  const backend = await createFaultBackend({
    role: 'v0',
    onCall(call) {
      calls.push(call);
      return { on: 'body', steps: answer };
    },
  });

  function endpointOf(method: string, store: string): Record<string, unknown> {
    const cache = store === 'memory' ? { shared: true } : { store };
    return {
      endpoint: `/${store}/{key}`,
      method,
      timeout: '1s',
      input_headers: ['X-Lab-Ok'],
      backend: [
        {
          host: [`http://127.0.0.1:${backend.port}`],
          url_pattern: `/${store}/{key}`,
          extra_config: { 'qos/http-cache': cache },
        },
      ],
    };
  }

  async function runStore(port: number, store: string, seed: number, report: Report): Promise<CacheFigures> {
    random = createRandom(seed, 8);
    const seen = new Set<number>();
    /** When the last write of a key that has been answered began. */
    const writtenAt = new Map<string, number>();
    const figures = { reads: 0, writes: 0 };
    const before = calls.length;
    const wrong = (invariant: string, message: string): void =>
      report({ invariant, message: `cache (${store}): ${message}` });

    function verify(key: string, tenant: string, writtenBefore: number, result: Result): void {
      const response = result.responses[0]?.response;
      if (response?.status === 500) return;
      const said = response?.status === 200 ? readAnswer(response.body) : undefined;
      const origin = issued.get(said?.serial ?? 0);
      if (!said || origin?.key !== `${store}/${key}`) {
        wrong('I2', `${key} got ${response ? `${response.status} ${response.body}` : result.ending}`);
        return;
      }
      if (origin.tenant !== tenant || said.tenant !== tenant)
        wrong('I1', `${tenant} got what was issued for ${origin.tenant}`);
      if (origin.isForOne && seen.has(said.serial)) wrong('I1', `${key} was for one client, and two have got it`);
      seen.add(said.serial);
      const age = result.startedAt - origin.at;
      if (age > OLDEST) wrong('I2', `${key} is ${age.toFixed(0)} ms old, of ${MAX_AGE} s`);
      // A store that fails may not have heard of the write.
      if (store === 'memory' && origin.at < writtenBefore)
        wrong('I2', `${key} is from before a write whose end was seen`);
    }

    async function work(own: Random): Promise<void> {
      const client = createClient(port);
      const tenant = own.pick(TENANTS);
      const end = performance.now() + TIME;
      while (performance.now() < end) {
        const key = String(own.int(0, KEYS - 1));
        const isWrite = own.chance(0.05);
        const writtenBefore = writtenAt.get(key) ?? 0;
        const result = await client.run(exchangeOf(isWrite ? 'POST' : 'GET', `/${store}/${key}`, tenant));
        if (isWrite) {
          figures.writes += 1;
          if (result.responses[0]?.response.status === 200)
            writtenAt.set(key, Math.max(writtenAt.get(key) ?? 0, result.startedAt));
        } else {
          figures.reads += 1;
          verify(key, tenant, writtenBefore, result);
        }
        await sleep(own.int(0, 6));
      }
      client.close();
    }

    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => work(createRandom(seed, 9, index))));
    const reads = calls.slice(before).filter(({ method }) => method === 'GET').length;
    if (store === 'memory' && reads > figures.reads * 0.8)
      wrong('I2', `${reads} calls for ${figures.reads} requests: next to nothing was kept`);
    return { ...figures, calls: reads };
  }

  return {
    endpoints: ['memory', 'failing'].flatMap((store) => [endpointOf('GET', store), endpointOf('POST', store)]),
    async run(port, seed, report) {
      return {
        memory: await runStore(port, 'memory', seed, report),
        failing: await runStore(port, 'failing', seed, report),
      };
    },
    close: backend.close,
  };
}

function whole(body: string, cacheControl: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nCache-Control: ${cacheControl}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function readAnswer(body: Buffer): { serial: number; tenant: string } | undefined {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function exchangeOf(
  method: string,
  path: string,
  tenant: string,
): Parameters<ReturnType<typeof createClient>['run']>[0] {
  const length = method === 'POST' ? 'Content-Length: 0\r\n' : '';
  return {
    methods: [method],
    bytes: Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: gateway.example\r\nX-Lab-Ok: ${tenant}\r\n${length}\r\n`),
    behaviour: 'normal',
    delay: 0,
    patience: 5000,
    fresh: false,
  };
}

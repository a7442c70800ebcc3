import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from './child.js';
import { createClient } from './client.js';
import { type Call, createFaultBackend } from './fault-backend.js';
import type { LagMeter } from './lag.js';
import type { Report } from './stage.js';

/** What clients cost that stay and do not read, or send a byte at a time. */
export interface BadClientFigures {
  /** Milliseconds until the places of those who do not read were free again. */
  readonly freed: number;
  /** Bytes of heap for one who sends one byte per chunk, and those of its body. */
  readonly perUpload: number;
  readonly body: number;
}

export interface BadClientLab {
  readonly root: Record<string, unknown>;
  readonly endpoints: readonly Record<string, unknown>[];
  run(gateway: GatewayProcess, lag: LagMeter, report: Report): Promise<BadClientFigures>;
  close(): Promise<void>;
}

const PLACES = 5;
const TIMEOUT = 700;
/** Milliseconds beyond the timeout until a client that does not read has lost its place. */
const SLACK = 300;
/** Milliseconds without what the machine has added, and with it. */
const LONGEST = 2500;
const BUSY = 15_000;
/** Bytes of an answer: more than the system's buffers take. It passes as it is, so that it is there in no time. */
const LARGE = 4_500_000;
const LARGEST = 5_000_000;
const UPLOADS = 3;
const CHUNKS = 60_000;
/** Bytes of heap for an upload, whatever its chunks. */
const UPLOAD_LIMIT = 1024 * 1024;
const SLOW_CLIENTS = 4;
const MAX_ERRORS = 2;

export async function createBadClientLab(): Promise<BadClientLab> {
  const calls: Call[] = [];
  const large = Buffer.from(`{"large":"${'x'.repeat(LARGE)}"}`);
  const backend = await createFaultBackend({
    role: 'u0',
    onCall(call) {
      calls.push(call);
      return {
        on: 'body',
        steps(whole) {
          const body = call.target.startsWith('/large') ? large : Buffer.from(`{"got":${whole.body.length}}`);
          return [
            { send: Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]) },
          ];
        },
      };
    },
  });
  const host = [`http://127.0.0.1:${backend.port}`];

  async function run(gateway: GatewayProcess, lag: LagMeter, report: Report): Promise<BadClientFigures> {
    const { port } = gateway;
    const freed = await stay(gateway, lag, report);
    const perUpload = await uploadByBytes(gateway, report);
    await blame(port, report);
    return { freed, perUpload, body: CHUNKS };
  }

  /** As many as there are places ask for what no buffer takes, and do not read it; one asks twice. */
  async function stay(gateway: GatewayProcess, lag: LagMeter, report: Report): Promise<number> {
    const from = performance.now();
    const clients = Array.from({ length: PLACES }, (_, index) =>
      open(gateway.port, 'GET /large/1 HTTP/1.1\r\nHost: gateway.example\r\n\r\n'.repeat(index === 0 ? 2 : 1)).pause(),
    );
    const elapsed = (): number => Math.max(0, performance.now() - from - lag.allowance(from, performance.now()));
    await sleep(TIMEOUT + SLACK);
    // Asking collects garbage, which holds the loop: not too often.
    let { open: held } = await gateway.stats();
    while (holds(held) > 0 && elapsed() < LONGEST && performance.now() - from < BUSY) {
      await sleep(SLACK);
      held = (await gateway.stats()).open;
    }
    const took = elapsed();
    const message = `${holds(held)} of ${PLACES} clients that do not read have their places after ${took.toFixed(0)} ms, the timeout is ${TIMEOUT}`;
    if (performance.now() - from >= BUSY) report({ invariant: 'I4', message });
    else if (took > TIMEOUT + 3 * SLACK) report({ invariant: 'I4', message, excess: took - TIMEOUT - SLACK });
    for (const client of clients) client.destroy();
    // Their places are for others now: none of those may be turned away because the gateway has not heard of it yet.
    for (const end = performance.now() + BUSY; holds(held) > 0 && performance.now() < end; ) {
      await sleep(50);
      held = (await gateway.stats()).open;
    }
    return took;
  }

  async function uploadByBytes(gateway: GatewayProcess, report: Report): Promise<number> {
    const before = await gateway.stats();
    const from = calls.length;
    const body = Buffer.from('1\r\nx\r\n'.repeat(CHUNKS));
    const head =
      'POST /upload HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
    const clients = Array.from({ length: UPLOADS }, () => open(gateway.port, head));
    await Promise.all(clients.map((client) => new Promise((resolve) => client.write(body, resolve))));
    // What has been written has still to be read.
    await sleep(300);
    let during = await gateway.stats();
    for (let last = 0; during.heap > last * 1.01 && last >= 0; ) {
      last = during.heap;
      await sleep(100);
      during = await gateway.stats();
    }
    const perUpload = (during.heap - before.heap) / UPLOADS;
    if (perUpload > UPLOAD_LIMIT) {
      const message = `a body of ${CHUNKS} bytes costs ${(perUpload / 1024).toFixed(0)} KiB of heap when each has a chunk of its own`;
      report({ invariant: 'I10', message });
    }
    for (const client of clients) client.write('0\r\n\r\n');
    const arrived = (): number =>
      calls.slice(from).filter(({ isWhole, body: got }) => isWhole && got.length === CHUNKS).length;
    for (const end = performance.now() + 3 * BUSY; arrived() < UPLOADS * 2 && performance.now() < end; )
      await sleep(20);
    const whole = arrived();
    if (whole !== UPLOADS * 2) report({ invariant: 'I2', message: `${whole} of ${UPLOADS * 2} uploads arrived whole` });
    for (const client of clients) client.destroy();
    return perUpload;
  }

  /** A backend that never had the whole request is not at fault: its breaker stays closed. */
  async function blame(port: number, report: Report): Promise<void> {
    const head = 'POST /stream HTTP/1.1\r\nHost: gateway.example\r\nContent-Length: 100\r\n\r\nhalf';
    const slow = Array.from({ length: SLOW_CLIENTS }, () => open(port, head));
    await sleep(TIMEOUT + SLACK);
    for (const client of slow) client.destroy();
    const client = createClient(port);
    const bytes = Buffer.from('POST /stream HTTP/1.1\r\nHost: gateway.example\r\nContent-Length: 4\r\n\r\nbody');
    const { responses } = await client.run({
      ...{ methods: ['POST'], bytes, behaviour: 'normal', delay: 0, patience: 3000, fresh: true },
    });
    // On a busy machine it may be late; what the breaker turns away is not called at all.
    const isCalled = calls.some(({ target, isWhole, body }) => isWhole && target === '/stream' && body.length === 4);
    const status = responses[0]?.response.status;
    const message = `the breaker opened through ${SLOW_CLIENTS} clients that did not send their bodies: ${status}`;
    if (!isCalled) report({ invariant: 'G8', message });
  }

  return {
    root: { max_in_flight_requests: PLACES, timeout: `${TIMEOUT}ms` },
    endpoints: [
      {
        endpoint: '/large/{n}',
        method: 'GET',
        backend: [{ host, url_pattern: '/large/{n}', max_response_body: LARGEST }],
      },
      {
        endpoint: '/upload',
        method: 'POST',
        timeout: '2m',
        backend: ['one', 'two'].map((group) => ({ host, url_pattern: '/upload', group })),
      },
      {
        endpoint: '/stream',
        method: 'POST',
        output_encoding: 'no-op',
        backend: [
          {
            host,
            url_pattern: '/stream',
            extra_config: { 'qos/circuit-breaker': { interval: 60, timeout: 60, max_errors: MAX_ERRORS } },
          },
        ],
      },
    ],
    run,
    close: backend.close,
  };
}

function holds(open: readonly string[]): number {
  return open.filter((request) => request.includes('/large')).length;
}

function open(port: number, bytes: string): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {});
  socket.write(bytes);
  return socket;
}

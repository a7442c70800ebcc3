import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBufferBudget, give, hasRoom, holdOnly, openHeld, release, take } from '../../lib/core/buffer-budget.js';
import { createGateway, type GatewayConfig } from '../../lib/gateway.js';
import type { GatewayOptions } from '../../lib/options.js';
import type { OwnAxios } from '../../lib/transport/axios.js';

describe('a budget', () => {
  function budgetOf(limit: number) {
    return { ...createBufferBudget(), limit };
  }

  test('is a quarter of the heap unless it is told otherwise', () => {
    expect(createBufferBudget().limit).toBe(Math.floor(getHeapStatistics().heap_size_limit / 4));
  });

  test('is shared by all requests, to the last byte', () => {
    const budget = budgetOf(10);
    const [one, other] = [openHeld(budget), openHeld(budget)];
    expect(take(one, 6)).toBe(true);
    expect([hasRoom(other, 5), take(other, 5)]).toEqual([false, false]);
    expect([hasRoom(other, 4), take(other, 4)]).toEqual([true, true]);
    give(one, 2);
    expect(budget.used).toBe(8);
    release(other);
    expect(budget.used).toBe(4);
  });

  test('an answer takes the place of what it was made of, whether it fits or not', () => {
    const budget = budgetOf(10);
    const held = openHeld(budget);
    take(held, 8);
    holdOnly(held, 3);
    expect(budget.used).toBe(3);
    holdOnly(held, 30);
    expect(budget.used).toBe(30);
    expect(take(openHeld(budget), 1)).toBe(false);
    release(held);
    expect(budget.used).toBe(0);
  });

  test('does not count what happens after a request', () => {
    const budget = budgetOf(10);
    const held = openHeld(budget);
    take(held, 4);
    release(held);
    expect([take(held, 100), hasRoom(held, 100)]).toEqual([true, true]);
    give(held, 4);
    release(held);
    expect(budget.used).toBe(0);
  });

  test('counts nothing where there is none', () => {
    expect([take(undefined, 1), hasRoom(undefined, 1)]).toEqual([true, true]);
    give(undefined, 1);
    holdOnly(undefined, 1);
  });
});

const BUDGET = 100_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(backend: RequestListener, config: Partial<GatewayConfig> = {}, options: GatewayOptions = {}) {
  const calls: string[] = [];
  const host = await listen((incoming, response) => {
    calls.push(incoming.url ?? '');
    backend(incoming, response);
  });
  const full: GatewayConfig = {
    host: [host],
    timeout: '20s',
    max_buffered_bytes: BUDGET,
    endpoints: [
      { endpoint: '/a', input_query_strings: ['*'], backend: [{}] },
      { endpoint: '/a', method: 'POST', backend: [{}] },
      {
        endpoint: '/two',
        backend: [
          { url_pattern: '/1', group: '1' },
          { url_pattern: '/2', group: '2' },
        ],
      },
      { endpoint: '/passed', output_encoding: 'no-op', input_query_strings: ['*'], backend: [{}] },
      { endpoint: '/passed', method: 'POST', output_encoding: 'no-op', backend: [{}] },
    ],
    ...config,
  };
  const gateway = createGateway(full, options);
  closers.push(() => gateway.close({ timeout: 0 }));
  return { url: await listen(gateway as RequestListener), calls, gateway, config: full };
}

interface Answer {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly size: number;
}

async function ask(url: string, body?: Readable, headers = {}): Promise<Answer> {
  const sent = body ? request(url, { method: 'POST', headers }) : get(url);
  sent.on('error', () => {});
  body?.pipe(sent);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let size = 0;
  for await (const piece of response) size += piece.length;
  return { status: response.statusCode, retryAfter: response.headers['retry-after'], size };
}

const SHED = { status: 503, retryAfter: '1', size: 0 };

/** Answers with a JSON text of so many bytes as the URL says, with or without their number in the head. */
const answerAsAsked: RequestListener = (incoming, response) => {
  incoming.resume();
  const asked = new URL(incoming.url ?? '', 'http://b').searchParams;
  const size = Number(asked.get('size') ?? 11);
  const text = `{"a":"${'x'.repeat(size - 8)}"}`;
  if (asked.has('gzip')) response.setHeader('Content-Encoding', 'gzip').end(gzipSync(text));
  else if (asked.has('chunked')) {
    response.write(text.slice(0, 10));
    response.end(text.slice(10));
  } else response.setHeader('Content-Length', size).end(text);
};

function body(size: number): Readable {
  return Readable.from([Buffer.alloc(size / 2), Buffer.alloc(size / 2)]);
}

describe('O01 what does not fit into max_buffered_bytes is 503', () => {
  test('a request, known by its head: no byte of it is read', async () => {
    const { url, calls } = await serve(answerAsAsked);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    closers.push(() => socket.destroy());
    socket.write(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${BUDGET + 1}\r\n\r\n`);
    const [text] = await once(socket, 'data');
    expect(String(text)).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 1\r\n/i);
    expect(calls).toEqual([]);
  });

  test('a request that grows', async () => {
    const { url, calls } = await serve(answerAsAsked);
    expect(await ask(`${url}/a`, body(BUDGET + 2))).toEqual(SHED);
    expect(calls).toEqual([]);
    expect(await ask(`${url}/a`, body(BUDGET - 100))).toMatchObject({ status: 200 });
  });

  test.each(['', '&chunked', '&gzip'])('an answer of a backend%s', async (how) => {
    const { url } = await serve(answerAsAsked);
    expect(await ask(`${url}/a?size=${BUDGET + 1}${how}`)).toEqual(SHED);
    expect(await ask(`${url}/a?size=${BUDGET}${how}`)).toEqual({ status: 200, retryAfter: undefined, size: BUDGET });
  });

  test.each(['', '&chunked'])('an answer that a foreign axios has read%s', async (how) => {
    const { url } = await serve(answerAsAsked, {}, { axios: axios.create() });
    expect(await ask(`${url}/a?size=${BUDGET + 1}${how}`)).toEqual(SHED);
    expect(await ask(`${url}/a?size=${BUDGET}${how}`)).toMatchObject({ status: 200 });
  });

  test('an answer that interceptors have seen', async () => {
    const { url, gateway } = await serve(answerAsAsked);
    (gateway.axios as OwnAxios).interceptors.request.use((config) => config);
    expect(await ask(`${url}/a?size=${BUDGET + 1}`)).toEqual(SHED);
    expect(await ask(`${url}/a?size=${BUDGET}`)).toMatchObject({ status: 200 });
  });

  test('one answer of two that do not fit together leaves an incomplete one', async () => {
    const { url } = await serve((_incoming, response) => {
      const text = `{"a":"${'x'.repeat(BUDGET * 0.6)}"}`;
      response.setHeader('Content-Length', text.length).end(text);
    });
    const answer = await fetch(`${url}/two`);
    expect([answer.status, answer.headers.get('x-krakend-completed')]).toEqual([200, 'false']);
    expect(Object.keys((await answer.json()) as object)).toHaveLength(1);
  });
});

describe('what is held', () => {
  test('is let go with each request, however it ends', async () => {
    const { url } = await serve((incoming, response) => {
      if (incoming.url?.includes('cut')) {
        response.write('{"a":"');
        response.write('x'.repeat(BUDGET / 2), () => response.destroy());
      } else answerAsAsked(incoming, response);
    });
    for (let round = 0; round < 5; round++) {
      expect(await ask(`${url}/a?cut`)).toMatchObject({ status: 500 });
      expect(await ask(`${url}/a?size=${BUDGET + 1}&chunked`)).toEqual(SHED);
      const left = request(`${url}/a`, { method: 'POST' }).on('error', () => {});
      left.write(Buffer.alloc(BUDGET / 2));
      setTimeout(() => left.destroy(), 20);
      await new Promise((resolve) => left.once('close', resolve));
      await vi.waitFor(async () => expect(await ask(`${url}/a?size=${BUDGET}`)).toMatchObject({ status: 200 }));
    }
  });

  test('is the answer too, until its client has taken it', async () => {
    const size = 16 * 2 ** 20;
    const { url } = await serve(answerAsAsked, { max_buffered_bytes: size + 1_000 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    socket.write(`GET /a?size=${size} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await vi.waitFor(async () => expect(await ask(`${url}/a?size=2000`)).toEqual(SHED), { timeout: 10_000 });
    socket.destroy();
    await vi.waitFor(async () => expect(await ask(`${url}/a?size=${size}`)).toMatchObject({ status: 200 }), {
      timeout: 10_000,
    });
  });

  test('is nothing of what is only passed on', async () => {
    const { url } = await serve(answerAsAsked);
    expect(await ask(`${url}/passed?size=${BUDGET * 5}`)).toMatchObject({ status: 200, size: BUDGET * 5 });
    expect(await ask(`${url}/passed`, body(BUDGET * 5))).toMatchObject({ status: 200 });
  });

  test('is nothing of what a client announces and does not send', async () => {
    const { url } = await serve(answerAsAsked);
    for (let count = 0; count < 5; count++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      closers.push(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${BUDGET}\r\n\r\nx`);
    }
    expect(await ask(`${url}/a?size=${BUDGET / 2}`)).toMatchObject({ status: 200 });
  });

  test('counts for the next configuration too, by its limit', async () => {
    let finish = (): void => {};
    const { url, gateway, config } = await serve((incoming, response) => {
      if (incoming.method === 'POST') finish = () => response.end('{}');
      else answerAsAsked(incoming, response);
      incoming.resume();
    });
    const first = ask(`${url}/a`, body(60_000));
    await vi.waitFor(() => expect(finish.name).not.toBe(''));
    await vi.waitFor(async () => expect(await ask(`${url}/a?size=50000`)).toEqual(SHED));
    gateway.reload({ ...config, max_buffered_bytes: 2 * BUDGET });
    expect(await ask(`${url}/a?size=50000`)).toMatchObject({ status: 200 });
    expect(await ask(`${url}/a?size=150000`)).toEqual(SHED);
    finish();
    expect(await first).toMatchObject({ status: 200 });
    await vi.waitFor(async () => expect(await ask(`${url}/a?size=150000`)).toMatchObject({ status: 200 }));
  });
});

test.each([
  ['0', 0],
  ['a text', '1MiB'],
  ['a fraction', 1.5],
])('max_buffered_bytes of %s is refused', (_, value) => {
  const config = { max_buffered_bytes: value, endpoints: [] } as unknown as GatewayConfig;
  expect(() => createGateway(config)).toThrow(/max_buffered_bytes/);
});

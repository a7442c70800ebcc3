import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGateway, type Gateway, type GatewayConfig } from '../../lib/gateway.js';
import type { BackendEvent, EndpointEvent, Observer } from '../../lib/observe/observer.js';
import type { GatewayOptions } from '../../lib/options.js';
import type { BackendResponse } from '../../lib/transport/transport.js';
import { headersOf } from '../support/requests.js';
import { serve, type Wire } from './wire.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  respond: () => Promise<BackendResponse>,
  endpoint: object = {},
  options: GatewayOptions = {},
  root: object = {},
) {
  const events: EndpointEvent[] = [];
  let started = 0;
  let wake = () => {};
  const observer: Observer = {
    started() {
      started++;
      return undefined;
    },
    ended(event) {
      if (event.kind === 'endpoint') events.push(event);
      wake();
    },
  };
  const config = {
    timeout: '300ms',
    ...root,
    endpoints: [{ endpoint: '/x', backend: [{ host: ['http://b'], url_pattern: '/' }], ...endpoint }],
  } as GatewayConfig;
  const gateway: Gateway = createGateway(config, { observe: observer, transport: respond, ...options });
  const wire: Wire = await serve(gateway);
  open.push(gateway, wire);
  async function ended(count: number): Promise<EndpointEvent[]> {
    while (events.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return events;
  }
  return { wire, ended, events, started: () => started };
}

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
const OK = async () => ({ status: 200, headers: headersOf({}), body: Buffer.from('{"a":1}') });

describe('observeHandler', () => {
  test('tells of an answer', async () => {
    const { wire, ended } = await start(OK);
    await wire.send(GET);
    expect(await ended(1)).toEqual([
      {
        kind: 'endpoint',
        endpoint: '/x',
        method: 'GET',
        status: 200,
        outcome: 'complete',
        durationMs: expect.any(Number),
        bytes: 7,
        code: undefined,
      },
    ]);
  });

  test('tells of an endpoint that was too slow', async () => {
    const { wire, ended } = await start(() => new Promise(() => {}), {}, { statuses: 'http' });
    const before = performance.now();
    await wire.send(GET);
    const [event] = await ended(1);
    expect(event).toMatchObject({ status: 504, outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT' });
    expect(event?.durationMs).toBeGreaterThanOrEqual(299);
    expect(event?.durationMs).toBeLessThanOrEqual(performance.now() - before);
  });

  test('tells of an answer that its encoder cannot write', async () => {
    const odd = {
      name: 'odd',
      encode() {
        throw new Error('too odd');
      },
    };
    const { wire, ended } = await start(OK, { output_encoding: 'odd' }, { encodings: [odd] });
    await wire.send(GET);
    expect(await ended(1)).toMatchObject([{ status: 500, outcome: 'failed', code: 'ERR_INTERNAL' }]);
  });

  test('tells of an answer that must not be passed on', async () => {
    const contradiction = async () => ({
      status: 200,
      headers: headersOf({ 'content-length': 'many' }),
      body: Buffer.from('a'),
    });
    const encoding = {
      output_encoding: 'no-op',
      backend: [{ host: ['http://b'], url_pattern: '/', encoding: 'no-op' }],
    };
    const { wire, ended } = await start(contradiction, encoding);
    await wire.send(GET);
    expect(await ended(1)).toMatchObject([{ status: 500, outcome: 'failed', code: 'ERR_BACKEND_PROTOCOL' }]);
  });

  test('tells of a request that was turned away for its path', async () => {
    const { wire, ended } = await start(OK, { endpoint: '/x/{id}' });
    await wire.send('GET /x/%2e%2e%2fadmin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await ended(1)).toMatchObject([
      { endpoint: '/x/{id}', status: 400, outcome: 'rejected', code: 'ERR_REQUEST_PATH' },
    ]);
  });

  test('tells of a request that was turned away for its body', async () => {
    const { wire, ended } = await start(OK, { endpoint: '/y', method: 'POST', max_request_body: 2 });
    await wire.send('POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde');
    expect(await ended(1)).toMatchObject([
      { method: 'POST', status: 413, outcome: 'rejected', code: 'ERR_REQUEST_BODY_SIZE' },
    ]);
  });

  test('tells of a guard', async () => {
    const { wire, ended } = await start(OK, {
      extra_config: { 'security/bot-detector': { empty_user_agent_is_bot: true } },
    });
    await wire.send(GET);
    expect(await ended(1)).toMatchObject([{ status: 403, outcome: 'rejected', code: 'ERR_REJECTED' }]);
  });

  test('O01 tells of a request for which there was no place', async () => {
    const slow = () => new Promise<BackendResponse>(() => {});
    const { wire, ended } = await start(slow, {}, {}, { max_in_flight_requests: 1 });
    const [first, second] = [wire.send(GET), wire.send(GET)];
    await Promise.all([first, second]);
    expect(await ended(2)).toMatchObject([
      { status: 503, outcome: 'rejected', code: 'ERR_OVERLOADED' },
      { status: 500, outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT' },
    ]);
  });

  test('tells of a client that left', async () => {
    const { wire, ended } = await start(() => new Promise(() => {}), { timeout: '10s' });
    const client = await wire.open();
    client.socket.write(GET);
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.destroy();
    expect(await ended(1)).toMatchObject([{ status: 499, outcome: 'aborted', code: 'ERR_CLIENT_CLOSED' }]);
  });

  describe('C02 an answer that is cut off after its head is told with its reason, which the log has too', () => {
    interface Cut {
      readonly endpoint?: object;
      readonly backend?: object;
      readonly cut?: (socket: Socket) => void;
      readonly head?: string;
    }

    /** A backend on the wire that sends the beginning of an answer, and then what `cut` does to its socket. */
    async function cutStream({ endpoint, backend, cut, head = CHUNKED }: Cut) {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          accepted = socket;
          socket.write(`HTTP/1.1 200 OK\r\n${head}`);
        });
      });
      let accepted: Socket | undefined;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const events: (EndpointEvent | BackendEvent)[] = [];
      const warn = vi.fn();
      const config: GatewayConfig = {
        timeout: '1s',
        endpoints: [
          {
            endpoint: '/x',
            output_encoding: 'no-op',
            ...endpoint,
            backend: [{ host: [`http://127.0.0.1:${port}`], url_pattern: '/', ...backend }],
          },
        ],
      };
      const logger = { debug() {}, info() {}, warn, error() {} };
      const gateway = createGateway(config, { observe: (event) => events.push(event), logger });
      const wire = await serve(gateway);
      open.push({ close: async () => void server.close() }, gateway, wire);

      const client = await wire.open();
      client.socket.write(GET);
      await client.until(/half/);
      return { client, events, warn, cutOff: () => accepted && cut?.(accepted) };
    }

    test.each<[string, Cut, Partial<BackendEvent>, Partial<EndpointEvent>]>([
      [
        'the backend resets the connection',
        { cut: (socket) => socket.resetAndDestroy() },
        { outcome: 'failed', code: 'ERR_BACKEND_CONNECTION' },
        { outcome: 'failed', code: 'ERR_BACKEND_CONNECTION' },
      ],
      [
        'the backend breaks the rules of HTTP',
        { cut: (socket) => socket.write('nonsense\r\n') },
        { outcome: 'failed', code: 'ERR_BACKEND_PROTOCOL' },
        { outcome: 'failed', code: 'ERR_BACKEND_PROTOCOL' },
      ],
      [
        'our limit',
        { backend: { max_response_body: 6 }, cut: (socket) => socket.write('4\r\nhalf\r\n') },
        { outcome: 'failed', code: 'ERR_BACKEND_SIZE' },
        { outcome: 'failed', code: 'ERR_BACKEND_SIZE' },
      ],
      [
        'our deadline, of a stream that has no length',
        {},
        { outcome: 'cancelled', code: 'ERR_BACKEND_TIMEOUT' },
        { outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT' },
      ],
      [
        'our deadline, of one that has',
        { head: 'Content-Length: 9\r\n\r\nhalf' },
        { outcome: 'failed', code: 'ERR_BACKEND_TIMEOUT' },
        { outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT' },
      ],
    ])('%s', async (_who, cut, call, request) => {
      const { client, events, warn, cutOff } = await cutStream(cut);
      cutOff();
      await client.closed;
      await vi.waitUntil(() => events.length === 2);
      expect(events.find(({ kind }) => kind === 'backend')).toMatchObject({ status: 200, ...call });
      expect(events.find(({ kind }) => kind === 'endpoint')).toMatchObject({ status: 200, ...request });
      const lines = warn.mock.calls.filter(([fields]) => 'code' in fields);
      expect(lines).toEqual([
        [
          expect.objectContaining({ endpoint: 'GET /x', code: request.code }),
          'the answer was cut off in the middle, and the client with it',
        ],
      ]);
      expect(JSON.stringify(lines)).not.toContain('127.0.0.1');
    });

    test('the client leaves', async () => {
      const { client, events, warn } = await cutStream({ endpoint: { timeout: '10s' } });
      client.socket.destroy();
      await vi.waitUntil(() => events.length === 2);
      expect(events.find(({ kind }) => kind === 'backend')).toMatchObject({ outcome: 'cancelled' });
      expect(events.find(({ kind }) => kind === 'endpoint')).toMatchObject({
        outcome: 'aborted',
        code: 'ERR_CLIENT_CLOSED',
      });
      expect(warn.mock.calls.filter(([fields]) => 'code' in fields)).toEqual([]);
    });

    test('a stream is over for observers when its last byte is there', async () => {
      const { client, events, cutOff } = await cutStream({
        endpoint: { timeout: '10s' },
        cut: (socket) => socket.write('0\r\n\r\n'),
      });
      expect(events).toEqual([]);
      cutOff();
      await client.closed;
      await vi.waitUntil(() => events.length === 2);
      expect(events).toMatchObject([
        { kind: 'backend', outcome: 'complete', status: 200 },
        { kind: 'endpoint', outcome: 'complete', status: 200 },
      ]);
    });
  });

  test('whatever begins also ends: requests that wait behind another one', async () => {
    const { wire, ended, started } = await start(() => new Promise(() => {}), { timeout: '10s' });
    const client = await wire.open();
    client.socket.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const underWay = started();
    expect(underWay).toBeGreaterThan(0);
    client.socket.destroy();
    expect(await ended(underWay)).toHaveLength(underWay);
  });

  test('an event holds what the configuration says and nothing of it besides', async () => {
    const { wire, ended } = await start(OK);
    await wire.send(GET);
    const [event] = await ended(1);
    expect(Object.keys(event ?? {}).sort()).toEqual(
      ['bytes', 'code', 'durationMs', 'endpoint', 'kind', 'method', 'outcome', 'status'].sort(),
    );
  });
});

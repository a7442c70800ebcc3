import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway, type GatewayConfig } from '../../lib/gateway.js';
import type { EndpointEvent, Observer } from '../../lib/observe.js';
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
    await wire.send(GET);
    const [event] = await ended(1);
    expect(event).toMatchObject({ status: 504, outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT' });
    expect(event?.durationMs).toBeGreaterThanOrEqual(299);
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

  test('tells of an answer that broke off', async () => {
    const body = new PassThrough();
    const respond = async () => ({ status: 200, headers: headersOf({}), body });
    const { wire, ended } = await start(respond, { output_encoding: 'no-op' });
    const answer = wire.send(GET);
    body.write('half');
    setTimeout(() => body.destroy(new Error('cut')), 20);
    await answer;
    expect(await ended(1)).toMatchObject([{ status: 200, outcome: 'aborted', bytes: undefined }]);
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

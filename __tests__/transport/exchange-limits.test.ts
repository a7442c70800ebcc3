import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openHeld } from '../../lib/core/buffer-budget.js';
import { EndpointError } from '../../lib/errors.js';
import type { Transport } from '../../lib/transport/transport.js';
import type { TransportSettings, Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, type RawServerOptions, type Script, startRawServer } from '../support/raw-server.js';
import { type Outcome, openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const MIB = 1024 * 1024;
const open: { wire?: Wire; server?: RawServer } = {};

afterEach(async () => {
  await open.wire?.close();
  await open.server?.close();
});

async function start(
  respond: RawServerOptions['respond'],
  settings: Partial<TransportSettings> = {},
  client: Parameters<typeof openWire>[0] = {},
): Promise<{ server: RawServer; transport: Transport }> {
  const server = await startRawServer(respond);
  const wire = openWire(client);
  Object.assign(open, { server, wire });
  return { server, transport: wire.transportFor({ ...SETTINGS, ...settings }) };
}

/** Calls with a deadline, as the gateway does, and tells how long the call took. */
async function callWithDeadline(transport: Transport, url: string, ms: number): Promise<Outcome & { took: number }> {
  const controller = new AbortController();
  const expired = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'The time is up');
  const timer = setTimeout(() => controller.abort(expired), ms);
  const began = performance.now();
  const outcome = await outcomeOf(transport(requestTo(url, { signal: controller.signal })));
  clearTimeout(timer);
  return { ...outcome, took: performance.now() - began };
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('B01 a body beyond the limit', () => {
  it.each<[string, Script]>([
    ['Z31 without a length', [{ send: 'HTTP/1.1 200 OK\r\n\r\n' }, { repeat: 'x'.repeat(65_536) }]],
    ['Z31 in chunks', [{ send: chunked }, { repeat: `10000\r\n${'x'.repeat(65_536)}\r\n` }]],
    ['in chunks of one byte', [{ send: chunked }, { repeat: '1\r\nx\r\n'.repeat(10_000) }]],
    ['of chunk extensions', [{ send: `${chunked}1;a=` }, { repeat: 'x'.repeat(65_536) }]],
    ['of a status line', [{ send: 'HTTP/1.1 200 ' }, { repeat: 'x'.repeat(65_536) }]],
    ['Z32 by its length', [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n' }, { stall: true }]],
  ])('%s ends at the limit', async (_title, script) => {
    const { server, transport } = await start(() => script);
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    await server.until(() => server.connections[0]?.closedAt !== undefined);
    // What is sent and never read sits in the buffers of the kernel.
    expect(server.connections[0]?.sent).toBeLessThan(SETTINGS.maxBody + 8 * MIB);
  });

  it('reaches a stream as an error as well', async () => {
    const script: Script = [{ send: chunked }, { repeat: `10000\r\n${'x'.repeat(65_536)}\r\n` }];
    const { server, transport } = await start(() => script, { stream: true });
    const outcome = await outcomeOf(transport(requestTo(server.origin, { stream: true })));
    expect(outcome).toMatchObject({ status: 200, code: 'ERR_BACKEND_SIZE' });
  });

  it('is no matter where there is none', async () => {
    const text = 'x'.repeat(3 * MIB);
    const { server, transport } = await start(() => [{ send: answer(text) }], { stream: true, maxBody: Infinity });
    expect((await outcomeOf(transport(requestTo(server.origin, { stream: true })))).text).toBe(text);
  });

  it('a length of exactly the limit is fine, and one byte more is not waited for', async () => {
    const { server, transport } = await start(
      (request) =>
        request.target === '/'
          ? [{ send: answer('abc') }]
          : [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n' }, { stall: true }],
      { maxBody: 3 },
    );
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ status: 200, text: 'abc' });
    expect(await outcomeOf(transport(requestTo(`${server.origin}/long`)))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });

  it('a body of exactly the limit is fine, in pieces of any size', async () => {
    const text = 'abcd'.repeat(500);
    const script: Script = [{ send: `${chunked}${[...text].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n` }];
    const { server, transport } = await start(() => script, { maxBody: 2_000 });
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ status: 200, text });
    const strict = open.wire!.transportFor({ ...SETTINGS, maxBody: 1_999 });
    expect(await outcomeOf(strict(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });
});

describe('H06 a head beyond the limit', () => {
  it.each<[string, Script]>([
    ['Z43 of one header', [{ send: answer('1', `X-A: ${'a'.repeat(100_000)}`) }]],
    ['that is its own', [{ send: answer('1', `X-A: ${'a'.repeat(5_000)}`) }]],
    ['Z43 of many headers', [{ send: 'HTTP/1.1 200 OK\r\n' }, { repeat: 'X-A: b\r\n'.repeat(1_000) }]],
    ['of trailers', [{ send: `${chunked}0\r\n` }, { repeat: 'X-A: b\r\n'.repeat(1_000) }]],
  ])('%s ends the call and the socket', async (_title, script) => {
    const { server, transport } = await start(() => script, { maxHeaderBytes: 4_096 });
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });
});

describe('F04 an answer to HEAD', () => {
  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
    ['with a length beyond the limit', 'HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n'],
    ['of chunks', chunked],
  ])('%s has no body and leaves the socket as it is', async (_title, bytes) => {
    const { server, transport } = await start(() => [{ send: bytes }]);
    expect(await outcomeOf(transport(requestTo(server.origin, { method: 'HEAD' })))).toMatchObject({ text: '' });
    expect(await outcomeOf(transport(requestTo(server.origin, { method: 'HEAD' })))).toMatchObject({ text: '' });
    expect(server.connections).toHaveLength(1);
  });

  it('with a body is an error', async () => {
    const { server, transport } = await start(() => [{ send: answer('abc') }]);
    const outcome = await outcomeOf(transport(requestTo(server.origin, { method: 'HEAD' })));
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_PROTOCOL' });
  });
});

it('F04 304 is an answer to a condition', async () => {
  const { server, transport } = await start(() => [{ send: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n' }]);
  const headers = { 'if-none-match': '"a"' };
  const outcome = await outcomeOf(transport(requestTo(server.origin, { headers })));
  expect(outcome).toMatchObject({ status: 304, text: '', headers: { etag: '"a"' } });
});

it.each(['103 Early Hints', '100 Continue'])('F04 interim answers without end are an error: %s', async (status) => {
  const interim = `HTTP/1.1 ${status}\r\nLink: </a>\r\n\r\n`;
  const { server, transport } = await start((request) => [
    { repeat: interim, max: request.target === '/many' ? 21 : 20 },
    { send: answer('1') },
  ]);
  expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ status: 200, text: '1' });
  expect(await outcomeOf(transport(requestTo(`${server.origin}/many`)))).toMatchObject({
    code: 'ERR_BACKEND_PROTOCOL',
  });
});

describe('T01 the deadline ends a call whatever the backend does', () => {
  it.each<[string, Script]>([
    ['Z10 neither reads nor writes', [{ stopReading: true }, { stall: true }]],
    ['Z33 drips a body', [{ send: answer('').toString().replace(': 0', ': 9999') }, { repeat: 'x', every: 10 }]],
    ['Z34 drips a head', [{ drip: answer('1', `X-A: ${'a'.repeat(9_999)}`), every: 10 }]],
    ['Z35 stalls before its head', [{ stall: true }]],
    ['Z36 stalls behind its head', [{ send: chunked }, { stall: true }]],
    ['Z37 stalls within a chunk', [{ send: `${chunked}5\r\nab` }, { stall: true }]],
    ['Z38 hints now and then', [{ repeat: 'HTTP/1.1 103 Early Hints\r\n\r\n', every: 25 }]],
  ])('%s', async (_title, script) => {
    const { server, transport } = await start(() => script);
    const { code, took } = await callWithDeadline(transport, server.origin, 100);
    expect(code).toBe('ERR_ENDPOINT_TIMEOUT');
    expect(took).toBeLessThan(3_000);
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });

  it('Z36 also when the body goes out as a stream', async () => {
    const { server, transport } = await start(() => [{ send: `${chunked}2\r\nab\r\n` }, { stall: true }], {
      stream: true,
    });
    const { status, code } = await callWithDeadline(transport, server.origin, 100);
    expect({ status, code }).toEqual({ status: 200, code: 'ERR_ENDPOINT_TIMEOUT' });
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });

  it('Z23 also while the backend does not take the request', async () => {
    const { server, transport } = await start(() => []);
    const slow = await startRawServer({ respond: () => [], accept: () => [{ stopReading: true }, { stall: true }] });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const body = Buffer.alloc(16 * MIB);
    const call = transport(requestTo(slow.origin, { method: 'POST', body, signal: controller.signal }));
    expect(await outcomeOf(call)).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    await slow.close();
    expect(server.requests).toHaveLength(0);
  });
});

describe('T02 nobody waits any more', () => {
  it('a call that is aborted before it begins reaches no backend', async () => {
    const { server, transport } = await start(() => [{ send: answer('1') }]);
    const signal = AbortSignal.abort();
    expect(await outcomeOf(transport(requestTo(server.origin, { signal })))).toMatchObject({
      code: 'ERR_BACKEND_CANCELLED',
    });
    expect(server.connections).toHaveLength(0);
  });

  it('a stream that its reader drops closes the socket', async () => {
    const script: Script = [{ send: chunked }, { repeat: '1\r\nx\r\n', every: 5 }];
    const { server, transport } = await start(() => script, { stream: true });
    const { body } = await transport(requestTo(server.origin, { stream: true }));
    (body as Readable).destroy();
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });

  it('an error before anybody has taken hold of the stream is no uncaught one', async () => {
    const { server, transport } = await start(() => [{ send: chunked }, { stall: true }], { stream: true });
    const controller = new AbortController();
    const { body } = await transport(requestTo(server.origin, { stream: true, signal: controller.signal }));
    controller.abort();
    await new Promise((resolve) => (body as Readable).once('close', resolve));
    expect((body as Readable).errored).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });
});

it('T04 a settled call leaves no listener at its signal', async () => {
  const { server, transport } = await start((request) =>
    request.target === '/ok' ? [{ send: answer('1') }] : [{ fin: true }],
  );
  const { signal } = new AbortController();
  const live = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(type: 'abort', listener: () => void) {
      live.add(listener);
      addEventListener.call(signal, type, listener);
    },
    removeEventListener(type: 'abort', listener: () => void) {
      live.delete(listener);
      removeEventListener.call(signal, type, listener);
    },
  });
  await outcomeOf(transport(requestTo(`${server.origin}/ok`, { signal })));
  await outcomeOf(transport(requestTo(`${server.origin}/broken`, { signal })));
  expect(live.size).toBe(0);
});

it('F08 a slow reader slows the backend down', async () => {
  const total = 64 * MIB;
  const script: Script = [
    { send: `HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n` },
    { repeat: 'x'.repeat(MIB), max: 64 },
  ];
  const { server, transport } = await start(() => script, { stream: true, maxBody: Infinity });
  const { body } = await transport(requestTo(server.origin, { stream: true }));
  const stream = body as Readable;
  await once(stream, 'readable');
  const stalled = server.connections[0]!.sent;
  expect(stalled).toBeLessThan(total / 2);
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  expect(size).toBe(total);
});

it('ends a call whose head takes longer than `response_header_timeout`', async () => {
  const { server, transport } = await start(() => [{ stall: true }], {}, { response_header_timeout: 30 });
  expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
});

describe('memory for an answer of a known length', () => {
  const allocated = (size: number) => vi.mocked(Buffer.allocUnsafeSlow).mock.calls.filter(([n]) => n === size).length;

  it.each([
    ['none where it comes in one read', 60_000, 0],
    ['one Buffer', 64 * 1024 + 1, 1],
    ['one Buffer', 8 * MIB, 1],
    ['none where it may never come', 8 * MIB + 1, 0],
  ])('has %s: %#', async (_title, size, count) => {
    vi.spyOn(Buffer, 'allocUnsafeSlow');
    const body = Buffer.alloc(size, 'x');
    const { server, transport } = await start(
      () => [{ send: `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n` }, { send: body }],
      { maxBody: 16 * MIB },
    );
    const answered = await transport(requestTo(server.origin));
    expect(body.equals(answered.body as Buffer)).toBe(true);
    expect(allocated(size)).toBe(count);
    vi.restoreAllMocks();
  });
});

describe('the room that answers have in memory', () => {
  const text = 'x'.repeat(1_000);
  const inChunks = `${chunked}1f4\r\n${'x'.repeat(500)}\r\n`;
  const WHOLE: readonly [string, Script][] = [
    ['of a length', [{ send: answer(text) }]],
    ['in chunks', [{ send: `${inChunks}1f4\r\n${'x'.repeat(500)}\r\n0\r\n\r\n` }]],
  ];

  async function callWithin(limit: number, script: Script, settings: Partial<TransportSettings> = {}) {
    const { server, transport } = await start(() => script, settings);
    const budget = { limit, used: 0 };
    const request = { ...requestTo(server.origin, { stream: settings.stream === true }), held: openHeld(budget) };
    return { server, budget, outcome: await outcomeOf(transport(request)) };
  }

  it.each(WHOLE)('is taken by one %s, once', async (_title, script) => {
    const { budget, outcome } = await callWithin(1_000, script);
    expect(outcome).toMatchObject({ status: 200, text });
    expect(budget.used).toBe(1_000);
  });

  it.each<[string, Script]>([
    ['of a length, before it comes', [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' }, { stall: true }]],
    ['in chunks, as soon as it has more', [{ send: inChunks }, { wait: 5 }, { send: inChunks.slice(chunked.length) }]],
  ])('ends one %s', async (_title, script) => {
    const { server, budget, outcome } = await callWithin(999, script);
    expect(outcome).toMatchObject({ code: 'ERR_OVERLOADED' });
    expect(budget.used).toBe(0);
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });

  it.each<[string, Script]>([
    ['of a length', [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab' }, { wait: 5 }, { rst: true }]],
    ['in chunks', [{ send: inChunks }, { wait: 5 }, { rst: true }]],
  ])('is given back by one %s that breaks', async (_title, script) => {
    const { budget, outcome } = await callWithin(1_000, script);
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(budget.used).toBe(0);
  });

  it.each(WHOLE)('is not asked for by one %s that is passed on as it comes', async (_title, script) => {
    const { budget, outcome } = await callWithin(1, script, { stream: true });
    expect(outcome).toMatchObject({ status: 200, text });
    expect(budget.used).toBe(0);
  });
});

it('the address that answered is told of a redirect only', async () => {
  const { server, transport } = await start((request) => [
    { send: request.target === '/302' ? 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n' : answer('1') },
  ]);
  expect(await transport(requestTo(`${server.origin}/302`))).toMatchObject({ peerAddress: '127.0.0.1' });
  expect(await transport(requestTo(`${server.origin}/200`))).not.toHaveProperty('peerAddress');
});

it('a socket is used again once an answer that is passed on has been read', async () => {
  const { server, transport } = await start(() => [{ send: answer('abc') }], { stream: true });
  for (const path of ['/a', '/b']) {
    const { body } = await transport(requestTo(server.origin + path, { stream: true }));
    const closed = once(body as Readable, 'close');
    (body as Readable).resume();
    await closed;
  }
  expect(server.connections).toHaveLength(1);
});

it.each([false, true])('an answer says that only the end of its connection ended it (stream: %s)', async (stream) => {
  const { server, transport } = await start(
    (request) =>
      request.target === '/open' ? [{ send: 'HTTP/1.1 200 OK\r\n\r\nabc' }, { fin: true }] : [{ send: answer('abc') }],
    { stream },
  );
  const [ended, told] = await Promise.all(
    ['/open', '/told'].map((path) => transport(requestTo(server.origin + path, { stream }))),
  );
  expect(ended).toMatchObject({ isCloseDelimited: true });
  expect(told).not.toHaveProperty('isCloseDelimited', true);
  for (const answered of [ended!, told!]) {
    expect(await outcomeOf(Promise.resolve(answered))).toMatchObject({ status: 200, text: 'abc' });
  }
});

describe('a body that is streamed to the backend', () => {
  it('T02 is let go when its call ends before it has a connection', async () => {
    const { server, transport } = await start(() => [{ stall: true }], {}, { max_connections_per_host: 1 });
    const first = outcomeOf(transport(requestTo(server.origin)));
    await server.until(() => server.requests.length === 1);
    const body = new PassThrough();
    const controller = new AbortController();
    const waiting = outcomeOf(transport(requestTo(server.origin, { method: 'POST', body, signal: controller.signal })));
    await vi.waitFor(() => expect(body.listenerCount('data')).toBe(1));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    await vi.waitFor(() => expect(body.listenerCount('data')).toBe(0));
    expect(body.destroyed).toBe(false);
    await open.wire?.close();
    await first;
  });

  it('is no reason for a connection that does not come about', async () => {
    const server = await startRawServer({ respond: () => [], accept: () => [{ rst: true }] });
    const wire = openWire();
    Object.assign(open, { server, wire });
    const body = new PassThrough();
    body.write('ab');
    const call = wire.transportFor(SETTINGS)(
      requestTo(server.origin.replace('http:', 'https:'), { method: 'POST', body }),
    );
    expect(await outcomeOf(call)).toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
      message: expect.not.stringContaining('request'),
    });
  });

  it('has the time for the head begin when the client has sent it all', async () => {
    const { server, transport } = await start(
      (request) => [{ send: answer(request.body) }],
      {},
      {
        response_header_timeout: 54_321,
      },
    );
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const begun = () => timers.mock.calls.filter(([, ms]) => ms === 54_321).length;
    const body = new PassThrough();
    body.write('who');
    const call = outcomeOf(transport(requestTo(server.origin, { method: 'POST', body })));
    await vi.waitFor(() => expect(server.connections).toHaveLength(1));
    expect(begun()).toBe(0);
    body.end('le');
    expect(await call).toMatchObject({ status: 200, text: 'whole' });
    expect(begun()).toBe(1);
    timers.mockRestore();
  });

  it('has no time for a head that is there before the client has sent it all', async () => {
    const server = await startRawServer({
      respond: () => [{ wait: 60 }, { send: '2\r\ncd\r\n0\r\n\r\n' }],
      accept: () => [{ wait: 5 }, { send: `${chunked}2\r\nab\r\n` }],
    });
    const wire = openWire({ response_header_timeout: 20 });
    Object.assign(open, { server, wire });
    const body = new PassThrough();
    body.write('who');
    const request = requestTo(server.origin, { method: 'POST', body, stream: true });
    const answered = await wire.transportFor({ ...SETTINGS, stream: true })(request);
    body.end('le');
    expect(await outcomeOf(Promise.resolve(answered))).toMatchObject({ status: 200, text: 'abcd' });
  });

  it('goes out in chunks, or by the length it was announced with', async () => {
    const { server, transport } = await start((request) => [{ send: answer(request.body) }]);
    const parts = { method: 'POST', headers: { 'content-type': 'text/plain' } };
    const first = new PassThrough();
    first.write('ab');
    setImmediate(() => first.end('cd'));
    expect((await outcomeOf(transport(requestTo(server.origin, { ...parts, body: first })))).text).toBe('abcd');
    const second = new PassThrough().end('efg');
    const headers = { ...parts.headers, 'content-length': '3' };
    expect((await outcomeOf(transport(requestTo(server.origin, { ...parts, headers, body: second })))).text).toBe(
      'efg',
    );
    expect(server.requests.map(({ headers }) => [headers['transfer-encoding'], headers['content-length']])).toEqual([
      ['chunked', undefined],
      [undefined, '3'],
    ]);
  });

  it('F05 that ends early reaches the backend as no whole request', async () => {
    const { server, transport } = await start(() => [{ send: answer('1') }]);
    const body = new PassThrough();
    body.write('ab');
    const call = outcomeOf(transport(requestTo(server.origin, { method: 'POST', body })));
    await server.until(() => (server.connections[0]?.received ?? 0) > 0);
    body.destroy(new Error('The client has gone'));
    expect(await call).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await server.until(() => server.connections[0]?.closedAt !== undefined);
    expect(server.requests).toHaveLength(0);
  });

  it('survives a backend that cannot be reached: the client still wants an answer', async () => {
    const { server, transport } = await start(() => []);
    await server.close();
    const body = new PassThrough();
    body.write('ab');
    expect(await outcomeOf(transport(requestTo(server.origin, { method: 'POST', body })))).toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
    });
    expect(body.destroyed).toBe(false);
  });

  it('Z24 is dropped when the answer comes first', async () => {
    const server = await startRawServer({
      respond: () => [],
      accept: () => [{ wait: 30 }, { send: answer('"early"') }],
    });
    const wire = openWire();
    Object.assign(open, { server, wire });
    const body = new PassThrough();
    body.write('ab');
    const call = wire.transportFor(SETTINGS)(requestTo(server.origin, { method: 'POST', body }));
    expect(await outcomeOf(call)).toMatchObject({ status: 200, text: '"early"' });
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  });
});

import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EncodedBody, Encoder } from '../../lib/encoding/encoding.js';
import { BackendError, EndpointError } from '../../lib/errors.js';
import { silentLogger } from '../../lib/logger.js';
import type { Headers, ProxyResponse } from '../../lib/proxy.js';
import { createResponseWriter, type ResponseWriterOptions } from '../../lib/response/response.js';
import { parseAnswer, serve, type Wire } from '../router/wire.js';

let wire: Wire;
afterEach(() => wire?.close());

const encodeJson: Encoder = (data) => ({ contentType: 'application/json; charset=utf-8', body: JSON.stringify(data) });
const HEAD_OF_GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

function writerOf(options: Partial<ResponseWriterOptions> = {}) {
  return createResponseWriter({
    endpoint: '/a/{id}',
    method: 'GET',
    encode: encodeJson,
    cache_ttl: 0,
    logger: silentLogger,
    ...options,
  });
}

function answerOf(
  part: Partial<ProxyResponse>,
  status = 200,
  headers: Record<string, string | readonly string[]> = {},
): ProxyResponse {
  const metadata = { status, headers: Object.assign(Object.create(null), headers) as Headers };
  return { data: {}, isComplete: true, metadata, ...part };
}

async function write(answer: ProxyResponse, options: Partial<ResponseWriterOptions> = {}, head = HEAD_OF_GET) {
  const writer = writerOf(options);
  wire = await serve((request, response) => {
    response.sendDate = false;
    writer.write(request, response, answer);
  });
  const text = await wire.send(head);
  const { status, headers, body } = parseAnswer(text);
  delete headers['connection'];
  return { status, headers, body, text };
}

test('what the format was chosen by is named for caches', async () => {
  const encode: Encoder = (data) => ({ ...(encodeJson(data, { accept: undefined }) as EncodedBody), vary: 'Accept' });
  const { headers } = await write(answerOf({ data: { a: 1 } }), { encode });
  expect(headers['vary']).toEqual(['Accept']);
});

test.each([
  ['decoded', {}, { data: { a: 1 } }],
  ['passed on', { encode: undefined }, { body: Buffer.from('x') }],
] as const)(
  '%s: headers that a policy sets are dropped from an answer, in one line or several',
  async (_title, options, part) => {
    const headers = { 'x-owned': 'backend', 'x-many': ['1', '2'], 'x-free': 'backend' };
    const ownHeaders = new Set(['x-owned', 'x-many']);
    const { headers: answered } = await write(answerOf(part, 200, headers), { ...options, ownHeaders });
    expect(answered['x-free']).toEqual(['backend']);
    expect(answered).not.toHaveProperty('x-owned');
    expect(answered).not.toHaveProperty('x-many');
  },
);

describe('an answer we make', () => {
  test('complete', async () => {
    expect(await write(answerOf({ data: { a: 'caf\u00e9' } }), { cache_ttl: 300 })).toMatchObject({
      status: 200,
      headers: {
        'x-krakend-completed': ['true'],
        'cache-control': ['public, max-age=300'],
        'content-type': ['application/json; charset=utf-8'],
        'x-content-type-options': ['nosniff'],
        'content-length': ['13'],
      },
      body: Buffer.from('{"a":"caf\u00e9"}').toString('latin1'),
    });
  });

  test.each([
    ['M03 partial', { data: { a: 1 }, isComplete: false }, 'false'],
    ['no key', { data: {}, isComplete: true }, 'false'],
    ['null', { data: null, isComplete: true }, 'false'],
    ['nothing to say, and said so', { data: {}, isComplete: true, isEmpty: true }, 'true'],
    ['empty but not complete', { data: {}, isComplete: false, isEmpty: true }, 'false'],
  ])('completeness of %s', async (_, part, completed) => {
    const { status, headers } = await write(answerOf(part), { cache_ttl: 60 });
    expect(status).toBe(200);
    expect(headers['x-krakend-completed']).toEqual([completed]);
    expect(headers['cache-control']).toEqual(completed === 'true' ? ['public, max-age=60'] : undefined);
  });

  test.each([
    { headers: { 'set-cookie': ['sid=1'] }, expected: 'private, max-age=60' },
    { headers: { 'set-cookie': 'sid=1', 'cache-control': 'public' }, expected: 'private, max-age=60' },
    { headers: { etag: 'x' }, expected: 'public, max-age=60' },
  ])('S19 a cookie of a backend keeps the answer out of shared caches: $headers', async ({ headers, expected }) => {
    const answer = answerOf({ data: { a: 1 }, metadata: { status: 200, headers } });
    expect((await write(answer, { cache_ttl: 60 })).headers['cache-control']).toEqual([expected]);
  });

  test('S19 so do a cookie of one backend beside the word of another, and one in a stream', async () => {
    const headers = { 'set-cookie': 'sid=1', 'cache-control': 'public, max-age=5' };
    const metadata = { status: 200, headers };
    const expected = ['private, max-age=5'];
    const merged = await write(answerOf({ data: { a: 1 }, metadata }));
    expect(merged.headers['cache-control']).toEqual(expected);
    const passed = await write(answerOf({ data: {}, metadata, body: Buffer.from('x') }), { encode: undefined });
    expect(passed.headers['cache-control']).toEqual(expected);
  });

  test('no Cache-Control without a cache_ttl', async () => {
    expect((await write(answerOf({ data: { a: 1 } }))).headers['cache-control']).toBeUndefined();
  });

  test('the completeness header can have another name', async () => {
    const { headers } = await write(answerOf({ data: { a: 1 } }), { completedHeader: 'X-Done' });
    expect(headers['x-done']).toEqual(['true']);
    expect(headers['x-krakend-completed']).toBeUndefined();
  });

  test('the status of the metadata does not count', async () => {
    expect((await write(answerOf({ data: { a: 1 } }, 201))).status).toBe(200);
  });

  test('that of an empty answer goes on with `return_error_code`, and says nothing of a body', async () => {
    const { status, headers, body } = await write(answerOf({ isEmpty: true }, 204), { keepsStatus: true });
    expect(status).toBe(204);
    expect(headers).toEqual({ 'x-krakend-completed': ['true'] });
    expect(body).toBe('');
  });

  const metadata = {
    'x-a': ['1', '2'],
    'set-cookie': ['a=1', 'b=2'],
    'content-length': '3',
    'content-type': 'text/x',
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    connection: 'x-secret',
    'x-secret': '1',
  };

  test('headers of the metadata go along with data', async () => {
    const { headers } = await write(answerOf({ data: { a: 1 } }, 200, metadata));
    expect(headers).toEqual({
      'x-krakend-completed': ['true'],
      'x-a': ['1', '2'],
      'set-cookie': ['a=1', 'b=2'],
      'content-type': ['application/json; charset=utf-8'],
      'x-content-type-options': ['nosniff'],
      'content-length': ['7'],
    });
  });

  test('and do not without', async () => {
    const { headers } = await write(answerOf({ data: {} }, 200, metadata));
    expect(headers['x-a']).toBeUndefined();
    expect(headers['set-cookie']).toBeUndefined();
  });

  test('HEAD has the headers and no body', async () => {
    const { headers, body } = await write(answerOf({ data: { a: 1 } }), {}, HEAD_OF_GET.replace('GET', 'HEAD'));
    expect(headers['content-length']).toEqual(['7']);
    expect(body).toBe('');
  });

  test('the encoder hears what the client accepts, and may take its time', async () => {
    const encode: Encoder = async (data, { accept }) => ({
      contentType: accept ?? '',
      body: Buffer.from(`${data?.['a']}`),
    });
    const head = HEAD_OF_GET.replace('Host: h', 'Host: h\r\nAccept: text/x');
    expect(await write(answerOf({ data: { a: 1 } }), { encode }, head)).toMatchObject({
      headers: { 'content-type': ['text/x'], 'content-length': ['1'] },
      body: '1',
    });
  });

  test.each([
    [
      'throws',
      () => {
        throw new RangeError('secret');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('secret'))],
    ['names an impossible type', () => ({ contentType: 'a\r\nb', body: '' })],
    ['names an impossible type later', () => Promise.resolve({ contentType: 'a\r\nb', body: '' })],
  ])('an encoder that %s makes a 500', async (_, encode) => {
    const answer = answerOf({ data: { a: 1 } }, 200, { 'x-a': '1' });
    const { status, headers, body, text } = await write(answer, { encode, cache_ttl: 60 });
    expect(status).toBe(500);
    expect(headers['x-krakend-completed']).toEqual(['false']);
    expect(headers['x-a']).toBeUndefined();
    expect(headers['cache-control']).toBeUndefined();
    expect(headers['content-type']).toBeUndefined();
    expect(body).toBe('');
    expect(text).not.toContain('secret');
  });
});

test('a header that HTTP cannot carry makes a 500 that says nothing of the answer it stands for', async () => {
  const { status, headers, body } = await write(answerOf({ data: { a: 1 } }, 200, { 'x-a': '1', 'x-b': 'a\r\nb' }));
  expect(status).toBe(500);
  for (const name of ['content-type', 'x-a', 'x-b']) expect(headers[name]).toBeUndefined();
  expect(body).toBe('');
});

describe('an answer that is passed on', () => {
  const passthrough = { encode: undefined };

  test('keeps status, headers and bytes', async () => {
    const headers = {
      'content-type': 'image/x',
      'x-a': ['1', '2'],
      etag: '"e"',
      'cache-control': 'no-store',
      location: '/b',
    };
    const answer = answerOf({ body: Readable.from([Buffer.from('ab'), Buffer.from('cd')]) }, 404, headers);
    const { status, headers: seen, body } = await write(answer, { ...passthrough, cache_ttl: 60 });
    expect(status).toBe(404);
    expect(seen).toEqual({
      'content-type': ['image/x'],
      'x-a': ['1', '2'],
      etag: ['"e"'],
      'cache-control': ['no-store'],
      location: ['/b'],
      'x-krakend-completed': ['false'],
      'transfer-encoding': ['chunked'],
    });
    // From Node 24 on, what is written in one turn is one chunk.
    expect(['2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n', '4\r\nabcd\r\n0\r\n\r\n']).toContain(body);
  });

  test('S18 without a length, as nothing but the end of a connection gave it one, ends with its own', async () => {
    const cut = { body: Readable.from([Buffer.from('ab'), Buffer.from('cd')]), isComplete: false };
    const { headers, body } = await write(answerOf(cut, 200, { 'content-type': 'text/plain' }), passthrough);
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body).toBe('abcd');
  });

  test('S18 with a length, leaves the connection to the next request', async () => {
    const half = { body: Readable.from([Buffer.from('abcd')]), isComplete: false };
    const head = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    const { text } = await write(answerOf(half, 200, { 'content-length': '4' }), passthrough, head + HEAD_OF_GET);
    expect(text.split('\r\n\r\n')[0]).toMatch(/connection: keep-alive/i);
  });

  test('H01 hop-by-hop and nominated headers stay behind', async () => {
    const headers = {
      connection: 'close, X-User',
      'keep-alive': 'timeout=5',
      'proxy-authenticate': 'x',
      'transfer-encoding': 'chunked',
      trailer: 'x-t',
      upgrade: 'h2c',
      te: 'x',
      'alt-svc': 'x',
      'x-user': '1',
      'x-a': '1',
    };
    const { headers: seen } = await write(answerOf({ body: Buffer.from('ab') }, 200, headers), passthrough);
    expect(seen).toEqual({ 'x-a': ['1'], 'x-krakend-completed': ['false'], 'content-length': ['2'] });
  });

  test('H05 cookies stay apart, byte for byte', async () => {
    const cookies = ['a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'b=2; Path=/', 'a=3'];
    const { headers } = await write(answerOf({ body: Buffer.alloc(0) }, 200, { 'set-cookie': cookies }), passthrough);
    expect(headers['set-cookie']).toEqual(cookies);
  });

  test('H05 cookies join those of an earlier middleware', async () => {
    const writer = writerOf(passthrough);
    wire = await serve((request, response) => {
      response.setHeader('Set-Cookie', 'session=1');
      writer.write(request, response, answerOf({ body: Buffer.alloc(0) }, 200, { 'set-cookie': ['a=1', 'b=2'] }));
    });
    expect(parseAnswer(await wire.send(HEAD_OF_GET)).headers['set-cookie']).toEqual(['session=1', 'a=1', 'b=2']);
  });

  test('H08 bytes above 127 in headers arrive as they are', async () => {
    const { text } = await write(answerOf({ body: Buffer.alloc(0) }, 200, { 'x-a': '\xe9' }), passthrough);
    expect(text).toContain('x-a: \xe9\r\n');
  });

  test.each([
    ['a value with CR LF', { 'x-a': 'a\r\nSet-Cookie: s=1' }],
    ['a value with NUL', { 'x-a': 'a\0b' }],
    ['one of several values with LF', { 'x-a': ['a', 'b\nSet-Cookie: s=1'] }],
    ['a name with a space', { 'x a': '1' }],
    ['a cookie with LF', { 'set-cookie': ['a=1\nb'] }],
    ['a character beyond latin1', { 'x-a': '\u20ac' }],
  ])('H04 %s is a 502, nothing of the answer is sent', async (_, headers) => {
    const body = Readable.from(['secret']);
    const answer = answerOf({ body }, 200, { 'x-first': '1', ...headers });
    const error = vi.fn();
    const logger = { ...silentLogger, error };
    const { status, headers: seen, text } = await write(answer, { ...passthrough, statuses: 'http', logger });
    expect(error).toHaveBeenCalledWith({ endpoint: 'GET /a/{id}' }, expect.stringContaining('header'));
    expect(status).toBe(502);
    expect(seen).toEqual({ 'x-krakend-completed': ['false'], 'content-length': ['0'] });
    expect(text).not.toMatch(/secret|s=1/);
    expect(body.destroyed).toBe(true);
  });

  test.each([
    ['two types', { 'content-type': ['text/a', 'text/b'] }],
    ['two places', { location: ['/a', '/b'] }],
    ['two lengths', { 'content-length': ['1', '2'] }],
    ['a length that is none', { 'content-length': '1x' }],
    ['a length that cannot be counted', { 'content-length': '9'.repeat(16) }],
    ['a negative length', { 'content-length': '-1' }],
  ])('H05 %s are a 502', async (_, headers) => {
    const { status } = await write(answerOf({ body: Buffer.from('a') }, 200, headers), {
      ...passthrough,
      statuses: 'http',
    });
    expect(status).toBe(502);
  });

  test.each([0, 99, 101, 199, 600, 200.5, Number.NaN])('F04 the status %s is a 502', async (code) => {
    const { status } = await write(answerOf({ body: Buffer.from('a') }, code), { ...passthrough, statuses: 'http' });
    expect(status).toBe(502);
  });

  test.each([204, 304])('F04 %i has no body, whatever the backend says', async (code) => {
    const body = Readable.from(['surplus']);
    const answer = answerOf({ body }, code, { 'content-length': '7', etag: '"e"' });
    const { status, headers, body: seen } = await write(answer, passthrough);
    expect(status).toBe(code);
    expect(seen).toBe('');
    expect(headers['content-length']).toEqual(code === 304 ? ['7'] : undefined);
    expect(body.destroyed).toBe(true);
  });

  test('F04 HEAD has the length of the backend and no body', async () => {
    const answer = answerOf({ body: Readable.from([]) }, 200, { 'content-length': '7' });
    const { headers, body } = await write(answer, passthrough, HEAD_OF_GET.replace('GET', 'HEAD'));
    expect(headers['content-length']).toEqual(['7']);
    expect(body).toBe('');
  });

  test('F03 a body that breaks off before its first byte is an honest error', async () => {
    const body = new Readable({
      read() {
        this.destroy(new Error('reset'));
      },
    });
    const answer = answerOf({ body }, 200, { 'content-type': 'text/x', 'content-length': '9', 'set-cookie': ['a=1'] });
    const { status, headers } = await write(answer, { ...passthrough, statuses: 'http' });
    expect(status).toBe(502);
    expect(headers).toEqual({ 'x-krakend-completed': ['false'], 'content-length': ['0'] });
  });

  test.each([{}, { 'content-length': '100' }])(
    'F03 a body that breaks off later takes the connection along: %j',
    async (headers) => {
      const warn = vi.fn();
      async function* parts() {
        yield Buffer.from('abc');
        throw new Error('reset');
      }
      const answer = answerOf({ body: Readable.from(parts()) }, 200, headers);
      const { text } = await write(answer, { ...passthrough, logger: { ...silentLogger, warn } });
      expect(text).not.toMatch(/0\r\n\r\n$/);
      await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
      expect(JSON.stringify(warn.mock.calls)).not.toContain('reset');
    },
  );

  test.each([
    ['krakend', 500],
    ['http', 504],
  ] as const)('what ended a stream before its head went out is told, %s', async (statuses, expected) => {
    const error = vi.fn();
    const late = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'GET /a/{id} did not answer within 5 ms');
    const body = new Readable({
      read() {
        setImmediate(() => setImmediate(() => this.destroy(late)));
      },
    });
    const { status } = await write(answerOf({ body }, 200, { 'content-length': '9' }), {
      ...passthrough,
      statuses,
      logger: { ...silentLogger, error },
    });
    expect(status).toBe(expected);
    expect(error.mock.calls).toEqual([
      [{ endpoint: 'GET /a/{id}', code: 'ERR_ENDPOINT_TIMEOUT', reason: late.message }, 'endpoint failed'],
    ]);
  });

  test('a missing body is an empty one', async () => {
    const { headers, body } = await write(answerOf({}, 200, { 'content-type': 'text/x' }), passthrough);
    expect(headers['content-length']).toEqual(['0']);
    expect(body).toBe('');
  });
});

describe('headers that the app has set', () => {
  async function writeBehindApp(
    headers: Record<string, string | string[]>,
    answer: ProxyResponse,
    options: Partial<ResponseWriterOptions> = {},
  ) {
    const writer = writerOf(options);
    wire = await serve((request, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      writer.write(request, response, answer);
    });
    return parseAnswer(await wire.send(HEAD_OF_GET));
  }

  test.each([undefined, encodeJson])('lists are joined, without repeats: %s', async (encode) => {
    const app = {
      Vary: 'Origin',
      Link: ['</a>; rel=preload', '</b>; rel=preload'],
      'Server-Timing': 'app;dur=1',
      Via: '1.1 cdn',
      'Access-Control-Expose-Headers': 'X-A',
      'Content-Security-Policy': "default-src 'self'",
    };
    const { headers } = await writeBehindApp(
      app,
      answerOf({ data: { a: 1 } }, 200, {
        vary: ['Accept', 'origin'],
        link: '</b>; rel=preload',
        'server-timing': 'db;dur=2',
        via: '1.1 shop',
        'access-control-expose-headers': 'x-a, X-B',
        'content-security-policy': "img-src 'none'",
      }),
      { encode },
    );
    expect(headers).toMatchObject({
      vary: ['Origin, Accept'],
      link: ['</a>; rel=preload, </b>; rel=preload'],
      'server-timing': ['app;dur=1, db;dur=2'],
      via: ['1.1 cdn, 1.1 shop'],
      'access-control-expose-headers': ['X-A, X-B'],
      'content-security-policy': ["default-src 'self', img-src 'none'"],
    });
  });

  test('the format is not named twice for caches', async () => {
    const encode: Encoder = (data) => ({ ...(encodeJson(data, { accept: undefined }) as EncodedBody), vary: 'Accept' });
    const { headers } = await writeBehindApp({ Vary: 'accept, Origin' }, answerOf({ data: { a: 1 } }), { encode });
    expect(headers['vary']).toEqual(['accept, Origin']);
  });

  test('a single value is that of the backend', async () => {
    const answer = answerOf({ body: Buffer.from('a') }, 200, { 'x-frame-options': 'DENY' });
    const { headers } = await writeBehindApp({ 'X-Frame-Options': 'SAMEORIGIN' }, answer, { encode: undefined });
    expect(headers['x-frame-options']).toEqual(['DENY']);
  });

  test.each([
    ['a head that must not be passed on', { etag: ['"a"', '"b"'] }, undefined],
    ['a header that HTTP cannot carry', { 'x-bad': 'a\nb' }, undefined],
    ['a header of a document that HTTP cannot carry', { 'x-bad': 'a\nb' }, encodeJson],
  ] as const)('stay as they were beside an error: %s', async (_what, bad, encode) => {
    const answer = answerOf({ data: { a: 1 }, body: Buffer.from('a') }, 200, {
      vary: 'Accept',
      'x-frame-options': 'DENY',
      'set-cookie': 'b=1',
      'x-backend': '1',
      ...bad,
    });
    const app = { Vary: 'Origin', 'X-Frame-Options': 'SAMEORIGIN', 'Set-Cookie': ['a=1'] };
    const { status, headers } = await writeBehindApp(app, answer, { encode });
    expect(status).toBe(500);
    expect(headers).toMatchObject({ vary: ['Origin'], 'x-frame-options': ['SAMEORIGIN'], 'set-cookie': ['a=1'] });
    expect(headers).not.toHaveProperty('x-backend');
  });
});

describe('T03 the first answer wins', () => {
  const error = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'x');

  test.each(['write first', 'error first'])('%s', async (order) => {
    const writer = writerOf();
    const late = Readable.from(['late']);
    wire = await serve((request, response) => {
      const steps = [
        () => writer.write(request, response, answerOf({ data: { a: 1 } })),
        () => writer.writeError(request, response, error),
      ];
      if (order === 'error first') steps.reverse();
      for (const step of steps) step();
      writer.write(request, response, answerOf({ body: late }));
    });
    const text = await wire.send(HEAD_OF_GET);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(parseAnswer(text).status).toBe(order === 'error first' ? 500 : 200);
    expect(late.destroyed).toBe(true);
  });

  test('a slow encoder comes too late after an error', async () => {
    const writer = writerOf({ encode: async (data) => ({ contentType: 'text/x', body: JSON.stringify(data) }) });
    wire = await serve((request, response) => {
      writer.write(request, response, answerOf({ data: { a: 1 } }));
      writer.writeError(request, response, error);
    });
    const text = await wire.send(HEAD_OF_GET);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(parseAnswer(text).status).toBe(500);
  });

  test('an error in the middle of a stream cuts the connection', async () => {
    const writer = writerOf({ encode: undefined });
    const body = new Readable({ read() {} });
    wire = await serve((request, response) => {
      body.push('abc');
      writer.write(request, response, answerOf({ body }));
      setImmediate(() => writer.writeError(request, response, new BackendError('ERR_BACKEND_TIMEOUT', 'x')));
    });
    const text = await wire.send(HEAD_OF_GET);
    expect(text).not.toMatch(/0\r\n\r\n$/);
    await vi.waitFor(() => expect(body.destroyed).toBe(true));
  });

  test('nobody is told about a client that has gone', async () => {
    const writer = writerOf();
    wire = await serve((request, response) => {
      writer.writeError(request, response, new EndpointError('ERR_CLIENT_CLOSED', 'x'));
    });
    expect(await wire.send(HEAD_OF_GET)).toBe('');
  });
});

import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';

async function bodyOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

describe('the request', () => {
  test('has what Node would have parsed', async () => {
    const { request } = createMemoryExchange({
      method: 'PUT',
      url: '/a?b=1',
      ip: '10.0.0.7',
      headers: { 'X-One': 'a', Cookie: ['a=1', 'b=2'], 'X-Two': ['c', 'd'] },
      body: { n: 1 },
    });
    expect(request).toMatchObject({ method: 'PUT', url: '/a?b=1', httpVersion: '1.1' });
    expect(request.socket.remoteAddress).toBe('10.0.0.7');
    expect(request.headers).toMatchObject({
      'x-one': 'a',
      'x-two': 'c, d',
      cookie: 'a=1; b=2',
      host: 'gateway.test',
      'content-type': 'application/json',
      'content-length': '7',
    });
    expect(request.headersDistinct['x-two']).toEqual(['c', 'd']);
    expect(request.rawHeaders.slice(0, 4)).toEqual(['X-One', 'a', 'Cookie', 'a=1']);
    expect(await bodyOf(request)).toBe('{"n":1}');
    expect(request.complete).toBe(true);
  });

  test('sends strings and Buffers as they are, without a content type', async () => {
    for (const body of ['plain', Buffer.from('plain')]) {
      const { request } = createMemoryExchange({ method: 'POST', url: '/', body });
      expect(request.headers['content-type']).toBeUndefined();
      expect(request.headers['content-length']).toBe('5');
      expect(await bodyOf(request)).toBe('plain');
    }
  });

  test('sends streams chunked', async () => {
    const { request } = createMemoryExchange({ method: 'POST', url: '/', body: Readable.from(['ab', 'cd']) });
    expect(request.headers['transfer-encoding']).toBe('chunked');
    expect(request.headers['content-length']).toBeUndefined();
    expect(await bodyOf(request)).toBe('abcd');
    expect(request.complete).toBe(true);
  });

  test('ends as broken when its stream breaks', async () => {
    const body = new Readable({ read() {} });
    body.push('half');
    const { request, closed } = createMemoryExchange({ method: 'POST', url: '/', body });
    const failed = once(request, 'error');
    await once(request, 'data');
    body.destroy(new Error('unplugged'));
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    await closed;
    expect(request.complete).toBe(false);
    expect(request.destroyed).toBe(true);
  });

  test('leaves the headers that were given alone', () => {
    const { request } = createMemoryExchange({
      method: 'POST',
      url: '/',
      headers: { host: 'shop.test', 'content-type': 'text/json', 'content-length': '99' },
      body: { a: 1 },
    });
    expect(request.rawHeaders).toEqual(['host', 'shop.test', 'content-type', 'text/json', 'content-length', '99']);
  });
});

describe('the response', () => {
  test('is received with status, repeated headers and body', async () => {
    const { response, closed, received } = createMemoryExchange({ url: '/' });
    response.statusCode = 201;
    response.setHeader('X-One', 'a');
    response.appendHeader('Set-Cookie', ['a=1', 'b=2']);
    response.setHeader('Content-Length', 5);
    response.end('hello');
    await closed;
    expect(received()).toEqual({
      status: 201,
      headers: { 'x-one': 'a', 'set-cookie': ['a=1', 'b=2'], 'content-length': '5' },
      bytes: Buffer.from('hello'),
      isCut: false,
    });
  });

  test('is joined from its chunks', async () => {
    const { response, closed, received } = createMemoryExchange({ url: '/' });
    response.write('12345678901234567');
    response.write(Buffer.from([0, 13, 10]));
    response.end('end');
    await closed;
    expect(received().headers['transfer-encoding']).toBeUndefined();
    expect(received().bytes).toEqual(Buffer.from('12345678901234567\x00\r\nend'));
  });

  test('has no body for HEAD and 204', async () => {
    const head = createMemoryExchange({ method: 'HEAD', url: '/' });
    head.response.setHeader('Content-Length', 5);
    head.response.end('hello');
    const empty = createMemoryExchange({ url: '/' });
    empty.response.statusCode = 204;
    empty.response.end('hello');
    await Promise.all([head.closed, empty.closed]);
    expect(head.received()).toMatchObject({ headers: { 'content-length': '5' }, bytes: Buffer.alloc(0) });
    expect(empty.received().bytes).toHaveLength(0);
  });

  test('is as strict as any other', async () => {
    const { response, closed } = createMemoryExchange({ url: '/' });
    expect(() => response.setHeader('X', 'a\r\nb: c')).toThrow(/Invalid character/);
    response.end('once');
    expect(() => response.setHeader('X', 'late')).toThrow(/headers after they are sent/);
    await closed;
  });

  test('is cut when it is destroyed half-way', async () => {
    const { response, closed, received } = createMemoryExchange({ url: '/' });
    await new Promise((resolve) => response.write('half', resolve));
    response.destroy();
    await closed;
    expect(received()).toMatchObject({ status: 200, bytes: Buffer.from('half'), isCut: true });
  });

  test('has status 0 when it never began', async () => {
    const { response, closed, received } = createMemoryExchange({ url: '/' });
    response.destroy();
    await closed;
    expect(received()).toEqual({ status: 0, headers: {}, bytes: Buffer.alloc(0), isCut: true });
  });

  test('closes when the client hangs up, before or during', async () => {
    const controller = new AbortController();
    const { request, response, closed, received } = createMemoryExchange({ url: '/', signal: controller.signal });
    request.on('error', () => {});
    controller.abort();
    await closed;
    expect(response.destroyed).toBe(true);
    expect(received().isCut).toBe(true);

    const late = createMemoryExchange({ url: '/', signal: controller.signal });
    late.request.on('error', () => {});
    await late.closed;
    expect(late.response.destroyed).toBe(true);
  });
});

import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createGateway,
  defineComponent,
  type GatewayConfig,
  type GatewayOptions,
  RejectedError,
} from '../../lib/index.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A backend that writes its head itself, so that nothing of it depends on Node. */
async function rawBackend(lines: string, body: string): Promise<number> {
  return listen((request, response) => {
    const [status, more = ''] =
      request.url === '/304' ? ['304 Not Modified'] : ['200 OK', 'Content-Type: application/json\r\n'];
    const length =
      request.url === '/chunked' ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const content =
      request.method === 'HEAD' || request.url === '/304'
        ? ''
        : request.url === '/chunked'
          ? `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
          : body;
    const head = `HTTP/1.1 ${status}\r\n${request.url === '/304' ? '' : length}${more}${lines}Connection: close\r\n\r\n`;
    response.socket?.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(content)]));
    response.socket?.end();
  });
}

async function gatewayFor(
  endpoints: object[],
  options: GatewayOptions = {},
  middleware?: RequestListener,
): Promise<number> {
  const gateway = createGateway({ version: 3, endpoints } as unknown as GatewayConfig, options);
  closing.push(() => gateway.close({ timeout: 0 }));
  return listen((request, response) => {
    middleware?.(request, response);
    gateway(request, response, () => response.writeHead(404).end());
  });
}

/** All bytes of an answer. */
function fetchRaw(port: number, path: string, method = 'GET'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: x\r\nConnection: close\r\n\r\n`),
    );
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('close', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });
}

/** The bytes behind `name: `, as latin1. */
function valuesOf(answer: Buffer, name: string): string[] {
  const [head = ''] = answer.toString('latin1').split('\r\n\r\n', 1);
  const lines = head.split('\r\n').slice(1);
  return lines.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');
const NAMES = {
  'a name in Chinese': utf8('attachment; filename="文件.pdf"'),
  'letters whose low bytes are CR and LF': utf8(
    'attachment; filename="a\u010D\u010Ax-injected: 1\u010D\u010A\u010D\u010A<script>"',
  ),
  'bytes that are no UTF-8': 'attachment; filename="\xe4\xff\x80.pdf"',
  ASCII: 'attachment; filename="a.pdf"',
};

describe.each(Object.entries(NAMES))('%s', (_what, value) => {
  const lines = `Content-Disposition: ${value}\r\nX-Other: ${value}\r\n`;
  const output_headers = ['Content-Disposition', 'X-Other'];

  async function expectAsSent(answer: Buffer): Promise<void> {
    expect(valuesOf(answer, 'content-disposition')).toEqual([value]);
    expect(valuesOf(answer, 'x-other')).toEqual([value]);
    expect(valuesOf(answer, 'x-injected')).toEqual([]);
  }

  test.each(['/length', '/chunked', '/304'])('S11 passes through no-op as it came: %s', async (path) => {
    const host = [`http://127.0.0.1:${await rawBackend(lines, '{"a":"ä"}')}`];
    const endpoint = (method: string) => ({
      endpoint: path,
      method,
      input_headers: ['If-None-Match'],
      output_encoding: 'no-op',
      backend: [{ host, url_pattern: path, method, encoding: 'no-op' }],
    });
    const port = await gatewayFor([endpoint('GET'), endpoint('HEAD')]);
    await expectAsSent(await fetchRaw(port, path));
    await expectAsSent(await fetchRaw(port, path, 'HEAD'));
  });

  test.each(['ä', 'a', '文'])('S11 goes out beside a document: %s', async (text) => {
    const host = [`http://127.0.0.1:${await rawBackend(lines, JSON.stringify({ text }))}`];
    const port = await gatewayFor(
      ['json', 'string', 'negotiate'].map((output_encoding) => ({
        endpoint: `/${output_encoding}`,
        output_encoding,
        backend: [{ host, url_pattern: '/length', mapping: { text: 'content' }, output_headers }],
      })),
    );
    for (const path of ['/json', '/string', '/negotiate']) {
      const answer = await fetchRaw(port, path);
      await expectAsSent(answer);
      expect(answer.toString()).toContain(text);
    }
  });

  test('S11 comes out of the cache as it went in', async () => {
    const host = [`http://127.0.0.1:${await rawBackend(`${lines}Cache-Control: max-age=60\r\n`, '{"a":"ä"}')}`];
    const backend = [{ host, url_pattern: '/length', encoding: 'no-op', extra_config: { 'qos/http-cache': {} } }];
    const port = await gatewayFor([{ endpoint: '/x', output_encoding: 'no-op', backend }]);
    for (let count = 0; count < 2; count++) await expectAsSent(await fetchRaw(port, '/x'));
  });

  test('S11 what a middleware has set stays beside errors and texts', async () => {
    const backend = [{ host: ['http://127.0.0.1:1'], url_pattern: '/' }];
    const options: GatewayOptions = { errors: 'json' };
    const port = await gatewayFor([{ endpoint: '/x', backend }], options, (_request, response) =>
      response.setHeader('X-Other', value),
    );
    expect(valuesOf(await fetchRaw(port, '/x'), 'x-other')).toEqual([value]);
  });

  test('S11 of a rejection', async () => {
    const headers = { 'Content-Disposition': value, 'X-Other': value };
    const guard = defineComponent({
      namespace: 'test/guard',
      schema: z.object({}),
      endpoint: () => () => () => Promise.reject(new RejectedError(403, 'no', headers)),
    });
    const options: GatewayOptions = { components: [guard] };
    const backend = [{ host: ['http://127.0.0.1:1'], url_pattern: '/' }];
    const port = await gatewayFor([{ endpoint: '/x', backend, extra_config: { 'test/guard': {} } }], options);
    await expectAsSent(await fetchRaw(port, '/x'));
  });
});

test.each(['json', 'no-op'])(
  'S11 a value that HTTP cannot carry is an error with a code, and no answer: %s',
  async (output_encoding) => {
    const lines: object[] = [];
    const at = (fields: object) => lines.push(fields);
    const body = () => (output_encoding === 'no-op' ? Readable.from(['{}']) : Buffer.from('{"a":1}'));
    const options = {
      transport: () => Promise.resolve({ status: 200, headers: { 'content-disposition': 'a\u010A' }, body: body() }),
      logger: { debug: at, info: at, warn: at, error: at },
    } as unknown as GatewayOptions;
    const backend = [
      {
        host: ['http://127.0.0.1:1'],
        url_pattern: '/',
        encoding: output_encoding,
        output_headers: ['Content-Disposition'],
      },
    ];
    const port = await gatewayFor([{ endpoint: '/x', output_encoding, backend }], options);
    const answer = await fetchRaw(port, '/x');
    expect(answer.toString()).toMatch(/^HTTP\/1.1 500 /);
    expect(valuesOf(answer, 'content-disposition')).toEqual([]);
  },
);

import { afterEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createDebug, createEcho } from '../../lib/router/debug.js';
import { parseAnswer, serve, type Wire } from './wire.js';

let wire: Wire;
afterEach(() => wire.close());

describe('/__debug/', () => {
  test('E01 answers pong and logs the request without its secrets', async () => {
    const debug = vi.fn();
    wire = await serve(createDebug({ ...silentLogger, debug }));
    const canary = 'c4n4ry';
    const secrets = ['Authorization', 'Cookie', 'Proxy-Authorization', 'X-Api-Key', 'X-Auth-Token', 'X-Session-Id'];
    const text = await wire.send(
      [
        `POST /__debug/a/b?q=1&q=2&access_token=${canary}&API_KEY=${canary} HTTP/1.1`,
        'Host: h',
        'X-A: 1',
        ...secrets.map((name) => `${name}: ${canary}`),
        'Connection: close',
        'Content-Length: 6',
        '',
        canary,
      ].join('\r\n'),
    );
    expect(parseAnswer(text)).toMatchObject({ status: 200, body: '{"message":"pong"}' });
    expect(debug).toHaveBeenCalledOnce();
    expect(JSON.stringify(debug.mock.calls)).not.toContain(canary);
    const [fields] = debug.mock.calls[0]!;
    expect(fields).toMatchObject({ method: 'POST', path: '/__debug/a/b' });
    expect(fields.headers['x-a']).toBe('1');
    expect(fields.headers['cookie']).toBe('[redacted]');
    expect(fields.query['q']).toBe('1, 2');
  });
});

describe('/__echo/', () => {
  test('tells what arrived', async () => {
    wire = await serve(createEcho());
    const text = await wire.send(
      'PUT /__echo/a?x=1&x=2&y= HTTP/1.1\r\nHost: gw:1\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc',
    );
    const { status, body } = parseAnswer(text);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      req_uri: '/__echo/a?x=1&x=2&y=',
      req_uri_details: { user: '', host: 'gw:1', path: '/__echo/a', query: 'x=1&x=2&y=', fragment: '' },
      req_method: 'PUT',
      req_querystring: { x: ['1', '2'], y: [''] },
      req_body: 'abc',
      req_headers: { host: ['gw:1'], 'x-a': ['1', '2'], connection: ['close'], 'content-length': ['3'] },
    });
  });

  test('has its limits', async () => {
    wire = await serve(createEcho());
    const { socket, until } = await wire.open();
    socket.write('PUT /__echo/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n');
    expect(parseAnswer(await until(/too large/))).toMatchObject({ status: 413 });
  });

  test('F01 refuses odd framing', async () => {
    wire = await serve(createEcho());
    expect(await wire.send('PUT /__echo/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });
});

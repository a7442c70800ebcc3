import { afterEach, describe, expect, test } from 'vitest';
import { TOO_SLOW } from '../../lib/core/upload.js';
import { BackendError, EndpointError, type GatewayError, RejectedError, RequestError } from '../../lib/errors.js';
import { createErrorWriter, type ErrorWriterOptions } from '../../lib/response/error-response.js';
import { parseAnswer, serve, type Wire } from '../router/wire.js';

let wire: Wire;
afterEach(() => wire.close());

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

async function answerTo(error: GatewayError, options: Partial<ErrorWriterOptions> = {}, request = GET) {
  const write = createErrorWriter({ completedHeader: 'X-Krakend-Completed', ...options });
  wire = await serve((incoming, response) => {
    response.sendDate = false;
    write(incoming, response, error);
  });
  const { status, headers, body } = parseAnswer(await wire.send(request));
  delete headers['connection'];
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join()])),
    body,
  };
}

const FAILED = new EndpointError('ERR_ENDPOINT_FAILED', 'GET /a failed', [
  new BackendError('ERR_BACKEND_TIMEOUT', 'backend[0] GET /x timed out'),
  new BackendError('ERR_BACKEND_DECODE', 'backend[1] GET /y sent no JSON'),
]);

describe('failures', () => {
  test("KrakenD's 500, empty", async () => {
    expect(await answerTo(FAILED)).toEqual({
      status: 500,
      headers: { 'x-krakend-completed': 'false', 'content-length': '0' },
      body: '',
    });
  });

  test.each([
    ['ERR_ENDPOINT_TIMEOUT', 504],
    ['ERR_BACKEND_CONNECTION', 502],
    ['ERR_INTERNAL', 500],
  ] as const)('the honest status of %s on request', async (code, status) => {
    const answer = await answerTo(new EndpointError(code, 'x', [], status), { statuses: 'http' });
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBeUndefined();
  });

  test('503 says when to come back', async () => {
    const error = new BackendError('ERR_BREAKER_OPEN', 'the breaker is open');
    expect(await answerTo(error, { statuses: 'http' })).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    await wire.close();
    expect((await answerTo(error)).status).toBe(500);
  });

  test.each(['ERR_OVERLOADED', 'ERR_CLOSING'] as const)('O01 %s is 503 whatever statuses says', async (code) => {
    const answer = await answerTo(new EndpointError(code, 'x', [], 503));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  test('return_error_msg gives the messages, one per line', async () => {
    expect(await answerTo(FAILED, { returnErrorMsg: true })).toEqual({
      status: 500,
      headers: {
        'x-krakend-completed': 'false',
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-length': '58',
      },
      body: 'backend[0] GET /x timed out\nbackend[1] GET /y sent no JSON',
    });
    await wire.close();
    const single = new BackendError('ERR_BACKEND_DECODE', 'backend[0] GET /x sent caf\u00e9');
    expect((await answerTo(single, { returnErrorMsg: true })).headers['content-length']).toBe(
      String(Buffer.byteLength(single.message)),
    );
  });

  test('JSON on request', async () => {
    const answer = await answerTo(FAILED, { errors: 'json' });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(answer.body)).toEqual({
      error: { code: 'ERR_ENDPOINT_FAILED', message: 'The services that this answer needs have failed.' },
    });
    await wire.close();
    expect(JSON.parse((await answerTo(FAILED, { errors: 'json', returnErrorMsg: true })).body)).toEqual({
      error: { code: 'ERR_ENDPOINT_FAILED', message: 'backend[0] GET /x timed out\nbackend[1] GET /y sent no JSON' },
    });
  });

  test('the completeness header has the name it was given', async () => {
    const { headers } = await answerTo(FAILED, { completedHeader: 'X-Done' });
    expect(headers).toEqual({ 'x-done': 'false', 'content-length': '0' });
  });
});

describe("a backend's own error answer", () => {
  const exposed = { status: 404, contentType: 'text/x', body: Buffer.from('no such thing') };
  const error = (answer = exposed) => new BackendError('ERR_BACKEND_STATUS', 'x', { exposed: answer });

  test('its status passes in both ways of statuses', async () => {
    for (const statuses of ['krakend', 'http'] as const) {
      expect(await answerTo(error(), { statuses })).toMatchObject({ status: 404, body: '' });
      await wire.close();
    }
  });

  test('has the body of every failure where those are JSON', async () => {
    const { status, body } = await answerTo(error(), { errors: 'json' });
    expect([status, JSON.parse(body)]).toEqual([
      404,
      { error: { code: 'ERR_BACKEND_STATUS', message: 'A service that this answer needs has failed.' } },
    ]);
  });

  test('its body and type pass with return_error_msg', async () => {
    expect(await answerTo(error(), { returnErrorMsg: true })).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/x' },
      body: 'no such thing',
    });
  });

  test('H04 a type or status that cannot be written does no harm', async () => {
    const answer = await answerTo(error({ ...exposed, status: 99, contentType: 'a\r\nSet-Cookie: s' }), {
      returnErrorMsg: true,
    });
    expect(answer.status).toBe(502);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

test('a rejection has its status, its headers and nothing else', async () => {
  for (const errors of ['empty', 'json'] as const) {
    expect(
      await answerTo(new RejectedError(429, 'slow down', { 'retry-after': '7' }), { errors, returnErrorMsg: true }),
    ).toEqual({
      status: 429,
      headers: { 'retry-after': '7', 'content-length': '0' },
      body: '',
    });
    await wire.close();
  }
});

describe('mistakes of the client', () => {
  const error = new RequestError('ERR_REQUEST_PATH', 'internal words');

  test('U04 get fixed words, without gateway headers', async () => {
    expect(await answerTo(error)).toEqual({
      status: 400,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-length': '25',
      },
      body: 'error: encoded url params',
    });
  });

  test('U04 in JSON on request', async () => {
    const { body } = await answerTo(error, { errors: 'json' });
    expect(JSON.parse(body)).toEqual({ error: { code: 'ERR_REQUEST_PATH', message: 'error: encoded url params' } });
  });

  test('the hint for the developer stays in the house', async () => {
    const { status, body } = await answerTo(new RequestError('ERR_REQUEST_BODY_CONSUMED', 'mount it before'), {
      returnErrorMsg: true,
    });
    expect(status).toBe(500);
    expect(body).not.toContain('mount');
  });

  test('a component may have mistakes of its own', async () => {
    expect(await answerTo(new RequestError('ERR_REJECTED', 'secret', 422))).toMatchObject({
      status: 422,
      body: 'error: bad request',
    });
  });
});

test('HEAD has no body', async () => {
  const { body, headers } = await answerTo(FAILED, { returnErrorMsg: true }, GET.replace('GET', 'HEAD'));
  expect(body).toBe('');
  expect(headers['content-length']).toBe('58');
});

describe('while the client is still sending', () => {
  const tooLarge = new RequestError('ERR_REQUEST_BODY_SIZE', 'x');
  const framing = new RequestError('ERR_REQUEST_FRAMING', 'x');

  async function serveError(error: GatewayError) {
    const write = createErrorWriter({ completedHeader: 'X-Krakend-Completed' });
    wire = await serve((request, response) => {
      if (request.method === 'GET') response.setHeader('Connection', 'close').end('next');
      else write(request, response, error);
    });
    return wire.open();
  }

  test('a small body is read to its end and the connection stays', async () => {
    const { socket, until, closed } = await serveError(FAILED);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab');
    expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 500 /);
    socket.write('cdeGET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await closed).toMatch(/HTTP\/1.1 200 OK[\s\S]*next/);
  });

  test('a large body gets its answer at once and the connection ends with it', async () => {
    const { socket, until, closed } = await serveError(tooLarge);
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n`);
    expect(await until(/too large/)).toMatch(/^HTTP\/1.1 413 [\s\S]*Connection: close/);
    // The answer is there, and what is on its way is still taken: no reset.
    let failed: Error | undefined;
    socket.on('error', (error) => {
      failed = error;
    });
    socket.write(Buffer.alloc(3_000_000));
    expect((await closed).match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(failed).toBeUndefined();
  });

  test('a body without an end is not read for ever', async () => {
    const { socket, until, closed } = await serveError(tooLarge);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    await until(/too large/);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    while (!socket.destroyed) {
      if (!socket.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await closed).match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  test.each([5, 5_000_000])(
    'F05 of %i bytes that did not come in time: 408, and no waiting for the rest',
    async (length) => {
      const write = createErrorWriter({ completedHeader: 'X-Krakend-Completed' });
      wire = await serve((request, response) => {
        request.once('data', () => write(request, response, TOO_SLOW));
      });
      const { socket, closed } = await wire.open();
      socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\nab`);
      const { status, headers, body } = parseAnswer(await closed);
      expect([status, headers['connection'], body]).toEqual([408, ['close'], 'error: incomplete request body']);
    },
  );

  test('a reader that holds back what it no longer wants cannot delay the end', async () => {
    const write = createErrorWriter({ completedHeader: 'X-Krakend-Completed' });
    wire = await serve((request, response) => {
      request.on('data', () => request.pause());
      request.once('data', () => write(request, response, FAILED));
    });
    const { socket, until, closed } = await wire.open();
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n');
    socket.write(Buffer.alloc(3_000_000));
    await until(/\r\n\r\n/);
    const start = performance.now();
    await closed;
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  test('F01 after odd framing nothing more of the connection is read as a request', async () => {
    const { socket, closed } = await serveError(framing);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1.1 400 [\s\S]*Connection: close/);
    expect(await closed).not.toContain('next');
  });
});

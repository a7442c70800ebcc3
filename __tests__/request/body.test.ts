import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { type BodyReaderOptions, createBodyReader, isSending } from '../../lib/request/body.js';
import { fakeRequest, serve, type Wire } from '../router/wire.js';

let wire: Wire;
afterEach(() => wire?.close());

type Before = (request: IncomingMessage) => unknown;

/** Serves requests with a body reader and answers with what it made of them; `before` plays an earlier middleware. */
async function serveReader(options: BodyReaderOptions, before?: Before) {
  const readBody = createBodyReader(options);
  const seen: unknown[] = [];
  wire = await serve((request, response) => {
    void run(request, response).then((text) => {
      seen.push(text);
      if (!response.destroyed) response.end(text);
    });
  });
  async function run(request: IncomingMessage, response: ServerResponse): Promise<string> {
    response.setHeader('Connection', 'close');
    try {
      await before?.(request);
      const body = await readBody(request, response);
      if (body instanceof Readable) return `stream:${Buffer.concat(await body.toArray())}`;
      return body === undefined ? 'none' : `buffer:${body}`;
    } catch (error) {
      return error instanceof RequestError ? `${error.status} ${error.code}` : `unexpected ${error}`;
    }
  }
  return seen;
}

async function answer(...parts: string[]): Promise<string> {
  const text = await wire.send(...parts);
  return text.slice(text.indexOf('\r\n\r\n') + 4).replace(/^[\da-f]+\r\n([\s\S]*)\r\n0\r\n\r\n$/, '$1');
}

const post = (body: string, ...lines: string[]) =>
  ['POST / HTTP/1.1', 'Host: h', `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n');
const CHUNKED = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('S20 a client is the one that is waited for', () => {
  const length = [['Content-Length', '3']] as const;

  test.each([
    ['while its body is being read and has not come', length, true, false, true],
    ['not while nothing reads it', length, false, false, false],
    ['not when it has come', length, true, true, false],
    ['not when there is none', [], true, false, false],
  ] as const)('%s', (_when, lines, isRead, complete, isWaitedFor) => {
    const request = fakeRequest('/', lines, 'POST');
    if (isRead) request.resume();
    request.complete = complete;
    expect(isSending(request)).toBe(isWaitedFor);
  });
});

describe('buffer', () => {
  test('collects a body of known and of unknown length', async () => {
    await serveReader({ limit: 10, mode: 'buffer' });
    expect(await answer(post('0123456789'))).toBe('buffer:0123456789');
    expect(await answer(CHUNKED, '3\r\nabc\r\n', '1\r\nd\r\n', '0\r\n\r\n')).toBe('buffer:abcd');
  });

  test.each(['GET / HTTP/1.1\r\nHost: h\r\n\r\n', post(''), `${CHUNKED}0\r\n\r\n`])(
    'finds none in %j',
    async (text) => {
      await serveReader({ limit: 10, mode: 'buffer' });
      expect(await answer(text)).toBe('none');
    },
  );

  test('a GET may have a body too', async () => {
    await serveReader({ limit: 10, mode: 'buffer' });
    expect(await answer('GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab')).toBe('buffer:ab');
  });

  test.each(['buffer', 'stream'] as const)(
    'F01 a body of another length than was said is cut off: %s',
    async (mode) => {
      const outcomes: unknown[] = [];
      const readBody = createBodyReader({ limit: 10, mode });
      wire = await serve((request, response) => {
        request.headers['content-length'] = '5';
        void Promise.resolve(readBody(request, response))
          .then((body): Promise<unknown> => (body instanceof Readable ? body.toArray() : Promise.resolve(body)))
          .catch((error: RequestError) => error.code)
          .then((outcome) => outcomes.push(outcome));
      });
      const { socket } = await wire.open();
      socket.write(post('abcd'));
      await vi.waitFor(() => expect(outcomes).toEqual(['ERR_REQUEST_BODY']));
    },
  );

  test('a body that is announced too large is refused before it is read', async () => {
    await serveReader({ limit: 10, mode: 'buffer' });
    expect(await answer('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n')).toBe('413 ERR_REQUEST_BODY_SIZE');
  });

  test('a body that turns out too large is refused where it does', async () => {
    await serveReader({ limit: 10, mode: 'buffer' });
    expect(await answer(CHUNKED, '6\r\nabcdef\r\n', '6\r\nabcdef\r\n')).toBe('413 ERR_REQUEST_BODY_SIZE');
  });

  test.each(['end', 'resetAndDestroy'] as const)('F05 50 of 100 bytes, then %s: no body', async (how) => {
    const seen = await serveReader({ limit: 100, mode: 'buffer' });
    const { socket } = await wire.open();
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n${'x'.repeat(50)}`);
    await once(wire.server, 'request');
    socket[how]();
    await vi.waitFor(() => expect(seen).toEqual(['400 ERR_REQUEST_BODY']));
  });

  test('F05 a chunked body that breaks off is no body', async () => {
    const seen = await serveReader({ limit: 100, mode: 'buffer' });
    const { socket } = await wire.open();
    socket.write(`${CHUNKED}3\r\nabc\r\n`);
    await once(wire.server, 'request');
    socket.end();
    await vi.waitFor(() => expect(seen).toEqual(['400 ERR_REQUEST_BODY']));
  });

  test('F05 a chunk at a time, a byte each, stays within the limit', async () => {
    await serveReader({ limit: 1000, mode: 'buffer' });
    expect(await answer(CHUNKED, '1\r\nx\r\n'.repeat(1000), '0\r\n\r\n')).toBe(`buffer:${'x'.repeat(1000)}`);
    expect(await answer(CHUNKED, '1\r\nx\r\n'.repeat(1001), '0\r\n\r\n')).toBe('413 ERR_REQUEST_BODY_SIZE');
  });

  test('F07 trailers are dropped', async () => {
    await serveReader({ limit: 10, mode: 'buffer' });
    expect(await answer(CHUNKED, '1\r\nx\r\n0\r\nX-Admin: 1\r\n\r\n')).toBe('buffer:x');
  });

  test('text that an earlier setEncoding made is bytes again', async () => {
    for (const mode of ['buffer', 'stream'] as const) {
      await serveReader({ limit: 10, mode }, (request) => request.setEncoding('latin1'));
      expect(await answer(post('caf\xe9'))).toMatch(/^buffer:caf/);
      await wire.close();
    }
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['was given', (response) => response.end('late')],
    ['has begun', (response) => response.write('late')],
  ])('T02 a body that comes after the answer %s is none', async (_title, answerEarly) => {
    const readBody = createBodyReader({ limit: 10, mode: 'buffer' });
    const outcomes: unknown[] = [];
    wire = await serve((request, response) => {
      Promise.resolve(readBody(request, response)).then(
        () => outcomes.push('body'),
        (error: RequestError) => outcomes.push(error.code),
      );
      request.once('data', () => answerEarly(response));
    });
    const { socket, until } = await wire.open();
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab');
    await until(/late/);
    socket.write('cd');
    await vi.waitFor(() => expect(outcomes).toEqual(['ERR_REQUEST_BODY']));
  });

  test('T02 is not waited for once the answer is out', async () => {
    const readBody = createBodyReader({ limit: 10, mode: 'buffer' });
    let failure: Promise<unknown> | undefined;
    wire = await serve((request, response) => {
      failure = Promise.resolve(readBody(request, response)).catch((error) => error);
      response.end('early');
    });
    const { socket, until } = await wire.open();
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab');
    await until(/early/);
    expect(await failure).toMatchObject({ code: 'ERR_REQUEST_BODY', status: 400 });
  });

  test('T02 is not waited for where the client has left before it was read', () => {
    const readBody = createBodyReader({ limit: 10, mode: 'buffer' });
    const request = fakeRequest('/', [['Content-Length', '4']], 'POST');
    request.destroy();
    const read = () => readBody(request, new ServerResponse(request));
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_BODY', status: 400 }));
  });

  test('no listener stays on the request', async () => {
    const readBody = createBodyReader({ limit: 5, mode: 'buffer' });
    const counts: number[] = [];
    wire = await serve(async (request, response) => {
      const before = request.eventNames().length + response.eventNames().length;
      await Promise.resolve(readBody(request, response)).catch(() => {});
      counts.push(request.eventNames().length + response.eventNames().length - before);
      response.setHeader('Connection', 'close').end();
    });
    await wire.send(post('abc'));
    await wire.send(CHUNKED, '6\r\nabcdef\r\n0\r\n\r\n');
    expect(counts).toEqual([0, 0]);
  });
});

describe('stream', () => {
  test('hands the body on without a limit', async () => {
    await serveReader({ limit: 1, mode: 'stream' });
    expect(await answer(post('0123456789'))).toBe('stream:0123456789');
    expect(await answer(CHUNKED, '3\r\nabc\r\n', '0\r\n\r\n')).toBe('stream:abc');
    expect(await answer('GET / HTTP/1.1\r\nHost: h\r\n\r\n')).toBe('none');
  });

  test('a limit of its own is that of the stream', async () => {
    await serveReader({ limit: 1, passedLimit: 10, mode: 'stream' });
    expect(await answer(post('0123456789'))).toBe('stream:0123456789');
    expect(await answer(post('0123456789x'))).toBe('413 ERR_REQUEST_BODY_SIZE');
    expect(await answer(CHUNKED, '6\r\nabcdef\r\n', '6\r\nabcdef\r\n')).toBe('413 ERR_REQUEST_BODY_SIZE');
  });
});

test.each(['stream', 'buffer'] as const)('F01 %s refuses odd framing before anything is read', async (mode) => {
  const seen = await serveReader({ limit: 10, mode });
  const text =
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n';
  expect(await wire.send(text)).toMatch(/^HTTP\/1.1 400 /);
  expect(seen).toEqual(['400 ERR_REQUEST_FRAMING']);
});

describe('F06 a body parser was here before', () => {
  function parser(body: unknown): Before {
    return async (request) => {
      await request.toArray();
      Object.assign(request, { body });
    };
  }

  test.each(['stream', 'buffer'] as const)('%s: what it left is the body', async (mode) => {
    await serveReader({ limit: 100, mode }, parser({ a: [1] }));
    expect(await answer(post('{ "a": [1] }', 'Content-Type: application/json'))).toBe('buffer:{"a":[1]}');
  });

  test('the limit holds as well', async () => {
    await serveReader({ limit: 5, mode: 'buffer' }, parser('too long'));
    expect(await answer(post('too long'))).toBe('413 ERR_REQUEST_BODY_SIZE');
  });

  test('nothing left is a clear error', async () => {
    await serveReader({ limit: 5, mode: 'buffer' }, parser(undefined));
    expect(await answer(post('abc'))).toBe('500 ERR_REQUEST_BODY_CONSUMED');
  });

  test('`req.body` on a request that nobody read does not count', async () => {
    await serveReader({ limit: 5, mode: 'buffer' }, (request) => Object.assign(request, { body: {} }));
    expect(await answer(post('abc'))).toBe('buffer:abc');
  });

  test('an empty body that was read is none', async () => {
    await serveReader({ limit: 5, mode: 'buffer' }, parser({}));
    expect(await answer(`${CHUNKED}0\r\n\r\n`)).toBe('none');
  });

  test('one that stopped half-way left nothing to use', async () => {
    await serveReader({ limit: 50, mode: 'buffer' }, async (request) => {
      await once(request, 'data');
      request.removeAllListeners('data').pause();
    });
    const { socket, until } = await wire.open();
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nabc');
    expect(await until(/ERR_/)).toContain('500 ERR_REQUEST_BODY_CONSUMED');
  });

  test('a request that broke off under it is an error', async () => {
    const seen = await serveReader({ limit: 50, mode: 'buffer' }, (request) => {
      request.destroy();
    });
    await wire.send(post('abc'));
    await vi.waitFor(() => expect(seen).toEqual(['400 ERR_REQUEST_BODY']));
  });
});

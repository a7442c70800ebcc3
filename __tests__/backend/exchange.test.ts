import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { createExchange, type ExchangeOptions } from '../../lib/backend/exchange.js';
import type { Decoder } from '../../lib/encoding/encoding.js';
import { json } from '../../lib/encoding/json.js';
import { BackendError, DecodeError } from '../../lib/errors.js';
import type { Data } from '../../lib/proxy.js';
import { readBody } from '../../lib/transport/body.js';
import { backendConfig } from '../support/backend-config.js';
import { backendRequest } from '../support/requests.js';
import { backendAnswer, fixedTransport } from '../support/transport.js';

function exchange(response: ReturnType<typeof backendAnswer>, init: Partial<ExchangeOptions> = {}) {
  return createExchange({
    backend: backendConfig(),
    transport: fixedTransport(response),
    decode: json.decoder?.(false),
    format: undefined,
    readBody: (body) => readBody(body, 1000),
    ...init,
  })(backendRequest());
}

test('decodes and formats a good answer', async () => {
  const format = vi.fn((data: Data | null) => ({ group: data }));
  expect(await exchange(backendAnswer({ a: 1 }, 201), { format })).toEqual({
    data: { group: { a: 1 } },
    isComplete: true,
    metadata: { status: 201, headers: {} },
  });
});

test('an empty body of success adds nothing and is complete: neither decoder nor formatter see it', async () => {
  const decode = vi.fn();
  const format = vi.fn();
  for (const status of [200, 204]) {
    expect(await exchange(backendAnswer('', status), { decode, format })).toMatchObject({
      data: {},
      isComplete: true,
      isEmpty: true,
    });
  }
  expect(decode).not.toHaveBeenCalled();
  expect(format).not.toHaveBeenCalled();
});

test('a body of white space is empty where the encoding says so, and a body like any other elsewhere', async () => {
  const decode = vi.fn(() => ({ read: true }));
  for (const body of [' ', '\r\n', ' \t\n']) {
    const empty = await exchange(backendAnswer(body), { decode, ignoresSpace: true });
    expect(empty).toMatchObject({ data: {}, isComplete: true, isEmpty: true });
  }
  expect(decode).not.toHaveBeenCalled();
  expect((await exchange(backendAnswer(' \n'), { decode })).data).toEqual({ read: true });
  for (const body of ['\u00a0', '\ufeff', '\n.']) {
    expect((await exchange(backendAnswer(body), { decode, ignoresSpace: true })).data).toEqual({ read: true });
  }
});

describe('S18 an answer that only the end of its connection ended', () => {
  const cut = (body: string) => ({ ...backendAnswer(body), isCloseDelimited: true });
  const NOTHING_KNOWN: Decoder = (body) => ({ content: String(body) });

  test('is complete where its encoding shows its end', async () => {
    expect((await exchange(cut('{"a":1}'), { isWhole: () => true })).isComplete).toBe(true);
  });

  test('keeps its data and is incomplete where it may have been longer', async () => {
    const { data, isComplete } = await exchange(cut('ab'), { decode: NOTHING_KNOWN });
    expect([data, isComplete]).toEqual([{ content: 'ab' }, false]);
    expect((await exchange(cut('ab'), { decode: NOTHING_KNOWN, isWhole: () => false })).isComplete).toBe(false);
    expect((await exchange(backendAnswer('ab'), { decode: NOTHING_KNOWN })).isComplete).toBe(true);
  });

  test('is incomplete without a body: nothing shows that there was none', async () => {
    expect(await exchange(cut(''), { isWhole: () => true })).toMatchObject({ isEmpty: true, isComplete: false });
  });

  test('is incomplete where it is passed on', async () => {
    expect((await exchange(cut('ab'), { decode: undefined })).isComplete).toBe(false);
  });
});

test('F04 a part that was asked for is decoded, and incomplete', async () => {
  expect(await exchange(backendAnswer({ a: 1 }, 206))).toMatchObject({ data: { a: 1 }, isComplete: false });
});

test('collects a body that comes as a stream, up to the limit', async () => {
  const streamed = (text: string) => ({ ...backendAnswer(''), body: Readable.from([text]) });
  expect((await exchange(streamed('{"a":1}'))).data).toEqual({ a: 1 });
  await expect(exchange(streamed(`{"a":"${'x'.repeat(1000)}"}`))).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
});

test('a failing status is not decoded', async () => {
  const decode = vi.fn();
  await expect(exchange(backendAnswer('{"a":1}', 404), { decode })).rejects.toMatchObject({
    code: 'ERR_BACKEND_STATUS',
  });
  expect(decode).not.toHaveBeenCalled();
});

test('return_error_details is not formatted', async () => {
  const format = vi.fn();
  const backend = backendConfig({ http: { return_error_details: 'x', return_error_code: false } });
  const { data, isComplete } = await exchange(backendAnswer('', 404), { backend, format });
  expect({ data, isComplete }).toEqual({ data: { error_x: { http_status_code: 404 } }, isComplete: false });
  expect(format).not.toHaveBeenCalled();
});

test('passes everything through where nothing is decoded, whatever the status', async () => {
  const body = Readable.from(['x']);
  const answer = { ...backendAnswer('', 503, { 'x-a': '1' }), body };
  expect(await exchange(answer, { decode: undefined })).toEqual({
    data: {},
    isComplete: true,
    metadata: { status: 503, headers: { 'x-a': '1' } },
    body,
  });
});

describe('output_headers', () => {
  const backend = backendConfig({
    output_headers: [
      { name: 'x-a', keep: 'last' },
      { name: 'set-cookie', keep: 'append' },
    ],
  });

  test('lets the named headers of a decoded answer through, and no others', async () => {
    const answer = backendAnswer({}, 200, { 'x-a': '1', 'x-b': '2', 'set-cookie': ['a=1', 'b=2'] });
    expect((await exchange(answer, { backend })).metadata.headers).toEqual({
      'x-a': '1',
      'set-cookie': ['a=1', 'b=2'],
    });
  });

  test('names none that the backend did not send', async () => {
    const { metadata } = await exchange(backendAnswer({}, 200, { 'x-a': '1' }), { backend });
    expect(Object.keys(metadata.headers)).toEqual(['x-a']);
  });
});

describe('H05 two values of a header that has one', () => {
  const headers = { etag: ['"a"', '"b"'], location: ['/a', '/b'] };

  test('harm no answer whose reader never sees them', async () => {
    expect((await exchange(backendAnswer({ a: 1 }, 200, headers))).data).toEqual({ a: 1 });
  });

  test('fail the backend where output_headers name it, and where the answer is passed on', async () => {
    const backend = backendConfig({ output_headers: [{ name: 'etag', keep: 'last' }] });
    const failure = { code: 'ERR_BACKEND_PROTOCOL', message: expect.stringContaining('etag') };
    await expect(exchange(backendAnswer({ a: 1 }, 200, headers), { backend })).rejects.toMatchObject(failure);
    await expect(exchange(backendAnswer('x', 200, headers), { decode: undefined })).rejects.toMatchObject({
      code: 'ERR_BACKEND_PROTOCOL',
    });
  });
});

describe('a decoder', () => {
  const decoders: [string, Decoder, string][] = [
    ['that says what is wrong', () => fail(new DecodeError('it has no root')), 'it has no root'],
    ['E01 that throws something else', () => fail(new SyntaxError('Unexpected "secret"')), 'it cannot be read'],
    ['E01 that rejects', () => Promise.reject(new Error('secret')), 'it cannot be read'],
    ['E03 that gives back junk', () => 'secret' as unknown as Data, 'its decoder gave back no object'],
    ['E03 that gives back nothing', () => undefined as unknown as Data, 'its decoder gave back no object'],
    ['E03 that gives back an array', () => [1] as unknown as Data, 'its decoder gave back no object'],
    ['E03 that gives back junk later', async () => 7 as unknown as Data, 'its decoder gave back no object'],
  ];
  function fail(error: Error): never {
    throw error;
  }

  test.each(decoders)('%s fails the backend', async (_title, decode, reason) => {
    await expect(exchange(backendAnswer('secret'), { decode })).rejects.toMatchObject({
      code: 'ERR_BACKEND_DECODE',
      status: 502,
      message: `The answer of backend[0] GET /a is not what its encoding "json" says: ${reason}`,
    });
  });

  test('may take its time, and may say null', async () => {
    expect((await exchange(backendAnswer('x'), { decode: async () => ({ late: 1 }) })).data).toEqual({ late: 1 });
    expect((await exchange(backendAnswer('x'), { decode: () => null })).data).toBeNull();
  });

  test('that throws an error of ours means it', async () => {
    const own = new BackendError('ERR_BACKEND_SIZE', 'too deep');
    await expect(exchange(backendAnswer('x'), { decode: () => fail(own) })).rejects.toBe(own);
  });
});

describe('what came from a queue', () => {
  function taken(text: string, init: Partial<ExchangeOptions> = {}, signal?: AbortSignal) {
    const settle = vi.fn(async () => {});
    const answer = createExchange({
      backend: backendConfig(),
      transport: fixedTransport({ ...backendAnswer(text), settle }),
      decode: json.decoder?.(false),
      format: undefined,
      readBody: (body) => readBody(body, 1000),
      ...init,
    })(backendRequest(signal ? { signal } : {}));
    return { settle, answer };
  }

  test('is done with when it has become an answer, and the answer waits for that', async () => {
    const { settle, answer } = taken('{"a":1}');
    let settled = () => {};
    settle.mockImplementation(() => new Promise((resolve) => (settled = resolve)));
    const onAnswer = vi.fn();
    answer.then(onAnswer);
    await vi.waitFor(() => expect(settle.mock.calls).toEqual([['used']]));
    expect(onAnswer).not.toHaveBeenCalled();
    settled();
    expect((await answer).data).toEqual({ a: 1 });
  });

  test('is no answer where it could not be done with: it will come again', async () => {
    const { settle, answer } = taken('{"a":1}');
    settle.mockRejectedValue(new BackendError('ERR_BACKEND_CONNECTION', 'gone'));
    await expect(answer).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  });

  test('is refused when it cannot be read, and that is the failure, however the refusal went', async () => {
    const { settle, answer } = taken('no json');
    settle.mockRejectedValue(new Error('gone'));
    await expect(answer).rejects.toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    expect(settle.mock.calls).toEqual([['refused']]);
  });

  test('T02 is released for another when nobody waits for it any more', async () => {
    const controller = new AbortController();
    const left = new BackendError('ERR_BACKEND_CANCELLED', 'left');
    const decode = async () => {
      controller.abort(left);
      return { a: 1 };
    };
    const { settle, answer } = taken('{"a":1}', { decode }, controller.signal);
    await expect(answer).rejects.toBe(left);
    expect(settle.mock.calls).toEqual([['released']]);
  });
});

test('what the transport fails with goes on', async () => {
  const refused = new BackendError('ERR_BACKEND_CONNECTION', 'refused');
  await expect(exchange(backendAnswer(''), { transport: () => Promise.reject(refused) })).rejects.toBe(refused);
});

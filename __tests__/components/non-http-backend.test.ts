import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type CallWithoutHttp, callWithoutHttp } from '../../lib/components/non-http-backend.js';
import { BackendError, ConfigError, type Duration, defineComponent, EndpointError } from '../../lib/index.js';
import { createTestGateway } from '../../lib/testing/index.js';
import { backendRequest } from '../support/requests.js';
import { backendAnswer } from '../support/transport.js';

const PLACE = { endpoint: { max_request_body: 10 }, backend: { name: 'backend[0]', max_response_body: 10 } };

function transportOf(call: CallWithoutHttp) {
  return callWithoutHttp(PLACE, call)(() => Promise.reject(new Error('the wire was used')));
}
const late = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'late');

/** An answer from a queue, and how it was settled. */
function delivery(body: unknown = {}) {
  const settle = vi.fn(() => Promise.resolve());
  return { settle, response: { ...backendAnswer(body), settle } };
}

describe('a call that is not HTTP', () => {
  test('gets the whole body and never uses the wire', async () => {
    const call = vi.fn<CallWithoutHttp>(async ({ body }) => backendAnswer(String(body)));
    const body = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    expect(String((await transportOf(call)(backendRequest({ body }))).body)).toBe('abcd');
    expect(call).toHaveBeenCalledOnce();
  });

  test('is not made once the signal is aborted', async () => {
    const call = vi.fn<CallWithoutHttp>();
    await expect(transportOf(call)(backendRequest({ signal: AbortSignal.abort(late) }))).rejects.toBe(late);
    await expect(transportOf(call)(backendRequest({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'ERR_BACKEND_CANCELLED',
    });
    expect(call).not.toHaveBeenCalled();
  });

  test('is not made when the time passes while the body still comes', async () => {
    const call = vi.fn<CallWithoutHttp>();
    const controller = new AbortController();
    const body = new PassThrough();
    const answer = transportOf(call)(backendRequest({ body, signal: controller.signal }));
    controller.abort(late);
    await expect(answer).rejects.toBe(late);
    await new Promise(setImmediate);
    expect(body.destroyed).toBe(true);
    expect(call).not.toHaveBeenCalled();
  });

  test('ends with the signal whatever the client library does, and what comes later is given back', async () => {
    const { settle, response } = delivery();
    let arrive = (_: typeof response) => {};
    const controller = new AbortController();
    const answer = transportOf(() => new Promise((resolve) => (arrive = resolve)))(
      backendRequest({ signal: controller.signal }),
    );
    controller.abort(late);
    await expect(answer).rejects.toBe(late);
    await new Promise(setImmediate);
    arrive(response);
    await new Promise(setImmediate);
    expect(settle).toHaveBeenCalledExactlyOnceWith('released');
  });

  test('gives back what is too large', async () => {
    const { settle, response } = delivery('x'.repeat(11));
    await expect(transportOf(async () => response)(backendRequest())).rejects.toMatchObject({
      code: 'ERR_BACKEND_SIZE',
    });
    expect(settle).toHaveBeenCalledExactlyOnceWith('refused');
  });

  test('says so when the client broke off or sent too much', async () => {
    const broken = new PassThrough();
    const answer = transportOf(async () => backendAnswer({}))(backendRequest({ body: broken }));
    broken.destroy(new Error('reset'));
    await expect(answer).rejects.toMatchObject({ code: 'ERR_REQUEST_BODY', status: 400 });
    await expect(
      transportOf(async () => backendAnswer({}))(backendRequest({ body: Readable.from([Buffer.alloc(11)]) })),
    ).rejects.toMatchObject({ code: 'ERR_REQUEST_BODY_SIZE', status: 413 });
  });

  test('leaves no listener on a signal that goes on', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const add = vi.spyOn(signal, 'addEventListener');
    await transportOf(async () => backendAnswer({}))(backendRequest({ signal }));
    await transportOf(() => Promise.reject(new BackendError('ERR_BACKEND_CONNECTION', 'gone')))(
      backendRequest({ signal }),
    ).catch(() => {});
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});

describe('what is taken from a queue', () => {
  function gatewayOf(call: CallWithoutHttp, timeout: Duration = '1s', encoding = 'json') {
    const queue = defineComponent({
      namespace: 'example/queue',
      schema: z.strictObject({}),
      replacesWire: true,
      transport: (_config, scope) => callWithoutHttp(scope, call),
    });
    return createTestGateway(
      {
        extra_config: { router: { return_error_msg: true } },
        endpoints: [
          { endpoint: '/next', timeout, backend: [{ encoding, extra_config: { 'example/queue': {} } as never }] },
        ],
      },
      { components: [queue], backends: {}, statuses: 'http', errors: 'json' },
    );
  }

  test('is settled as used after it was decoded, before the answer goes out', async () => {
    const { settle, response } = delivery({ n: 1 });
    expect((await gatewayOf(async () => response).call({ url: '/next' })).text).toBe('{"n":1}');
    expect(settle).toHaveBeenCalledExactlyOnceWith('used');
  });

  test('is given back when it cannot be decoded', async () => {
    const { settle, response } = delivery('not json');
    expect((await gatewayOf(async () => response).call({ url: '/next' })).text).toContain('ERR_BACKEND_DECODE');
    expect(settle).toHaveBeenCalledExactlyOnceWith('refused');
  });

  test('fails the call when it cannot be settled: the message will come again', async () => {
    const settle = () => Promise.reject(new BackendError('ERR_BACKEND_CONNECTION', 'the broker is gone'));
    const answer = await gatewayOf(async () => ({ ...backendAnswer({}), settle })).call({ url: '/next' });
    expect(answer.text).toContain('ERR_BACKEND_CONNECTION');
  });

  test('a backend that is not HTTP needs no host, and cannot be two things', () => {
    expect(() => gatewayOf(async () => backendAnswer({}))).not.toThrow();
    const config = {
      endpoints: [
        { endpoint: '/a', backend: [{ extra_config: { 'backend/function': 'f', 'example/queue': {} } as never }] },
      ],
    };
    const queue = defineComponent({
      namespace: 'example/queue',
      schema: z.strictObject({}),
      replacesWire: true,
      transport: () => undefined,
    });
    const make = () => createTestGateway(config, { components: [queue], functions: { f: () => 1 }, backends: {} });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/answer in place of HTTP/);
  });
});

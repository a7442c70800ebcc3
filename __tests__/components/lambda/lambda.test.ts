import { Lambda } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BuiltInExtraConfig } from '../../../lib/components/extra-config.js';
import { type BackendInput, ConfigError, type EndpointInput, type GatewayOptions } from '../../../lib/index.js';
import { createTestGateway } from '../../../lib/testing/index.js';
import { CREDENTIALS } from '../../support/aws-signature.js';
import { type Invoked, type InvokeReply, startInvokeApi } from './invoke-api.js';

let api: Awaited<ReturnType<typeof startInvokeApi>>;
let reply: (call: Invoked) => InvokeReply | Promise<InvokeReply>;

beforeAll(async () => {
  api = await startInvokeApi((call) => reply(call));
});
afterAll(() => api.close());
beforeEach(() => {
  reply = () => ({ body: '{"ok":true}' });
  api.calls.length = 0;
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.key);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secret);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
});
const gateways: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  vi.unstubAllEnvs();
});

type LambdaInput = NonNullable<BuiltInExtraConfig['backend']['backend/lambda']>;

function gatewayOf(
  settings: LambdaInput = {},
  {
    backend = {},
    endpoint = {},
    options = {},
  }: { backend?: BackendInput; endpoint?: Partial<EndpointInput>; options?: GatewayOptions } = {},
) {
  const address = settings.client ? {} : { region: 'eu-west-1', endpoint: api.endpoint };
  const gateway = createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [
        {
          endpoint: '/fn/{id}/{function}',
          backend: [{ ...backend, extra_config: { 'backend/lambda': { ...address, ...settings } } }],
          ...endpoint,
        },
      ],
    },
    { backends: {}, statuses: 'http', errors: 'json', ...options },
  );
  gateways.push(gateway);
  return gateway;
}

describe('with the SDK of AWS against an Invoke API', () => {
  test('GET sends every param as text in a JSON object, signed, and the result is the document', async () => {
    reply = () => ({
      body: '{"price":12345678901234567890.10,"secret":1}',
      headers: { 'x-amz-executed-version': '3' },
    });
    const gateway = gatewayOf(
      { function_name: 'price' },
      { backend: { deny: ['secret'], output_headers: ['X-Amz-Executed-Version'] } },
    );
    const answer = await gateway.call({ url: '/fn/42/x' });
    expect(answer.text).toBe('{"price":12345678901234567890.10}');
    expect(answer.headers['x-amz-executed-version']).toBe('3');
    expect(api.calls).toEqual([
      { name: 'price', type: 'RequestResponse', body: '{"id":"42","function":"x"}', isSigned: true },
    ]);
  });

  test('every other method sends the body as it is', async () => {
    const gateway = gatewayOf({ function_name: 'price' }, { endpoint: { method: 'POST' } });
    await gateway.call({ method: 'POST', url: '/fn/1/x', body: 'not { json' });
    await gateway.call({ method: 'POST', url: '/fn/1/x' });
    expect(api.calls.map(({ body }) => body)).toEqual(['not { json', '']);
  });

  test('a param of the path names the function, and nothing but a plain name is called', async () => {
    const gateway = gatewayOf();
    expect((await gateway.call({ url: '/fn/1/price-2' })).status).toBe(200);
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:other';
    expect((await gateway.call({ url: `/fn/1/${encodeURIComponent(arn)}` })).status).toBe(400);
    expect((await gateway.call({ url: '/fn/1/price:live' })).status).toBe(400);
    expect(api.calls.map(({ name }) => name)).toEqual(['price-2']);
  });

  test('function_param_name is found however its first letter is written', async () => {
    await gatewayOf({ function_param_name: 'Id' }).call({ url: '/fn/tax/x' });
    expect(api.calls.map(({ name }) => name)).toEqual(['tax']);
  });

  test('N01 a failed function is a failure, though Lambda answers 200, and what it said stays inside', async () => {
    reply = () => ({
      headers: { 'x-amz-function-error': 'Unhandled' },
      body: '{"errorMessage":"password 1234","stackTrace":[]}',
    });
    for (const output_encoding of ['json', 'no-op']) {
      const answer = await gatewayOf({ function_name: 'f' }, { endpoint: { output_encoding } }).call({
        url: '/fn/1/x',
      });
      expect(answer.status).toBe(502);
      expect(answer.text).not.toContain('1234');
      expect(answer.text).toContain('Unhandled');
    }
  });

  test.each<[string, InvokeReply, string]>([
    [
      'throttling',
      { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException', 'retry-after': '2' } },
      'throttled',
    ],
    [
      'an unknown function',
      { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } },
      'ResourceNotFoundException',
    ],
    ['a broken service', { status: 500, headers: { 'x-amzn-errortype': 'ServiceException' } }, 'ServiceException'],
    ['an accepted event', { status: 202 }, 'without the status of a result'],
  ])('N01 %s is a failure, tried once', async (_title, answer, text) => {
    reply = () => answer;
    const { status, body } = await gatewayOf({ function_name: 'f' }).call({ url: '/fn/1/x' });
    expect(status).toBe(502);
    expect(body).toMatchObject({ error: { code: 'ERR_BACKEND_STATUS', message: expect.stringContaining(text) } });
    expect(api.calls.length).toBe(1);
  });

  test('max_retries repeats what the service failed at', async () => {
    let failures = 2;
    reply = () => (failures-- > 0 ? { status: 500, headers: { 'x-amzn-errortype': 'ServiceException' } } : {});
    const gateway = gatewayOf({ function_name: 'f', max_retries: 2 });
    expect((await gateway.call({ url: '/fn/1/x' })).status).toBe(200);
    expect(api.calls.length).toBe(3);
  });

  test.each([
    ['a text', '"text"'],
    ['a number', '42'],
    ['no JSON', 'hello'],
    ['half a document', '{"a":'],
  ])('N01 %s is no document', async (_title, body) => {
    reply = () => ({ body });
    const answer = await gatewayOf({ function_name: 'f' }).call({ url: '/fn/1/x' });
    expect([answer.status, answer.text.includes('ERR_BACKEND_DECODE')]).toEqual([502, true]);
  });

  test('N01 a result beyond max_response_body, and a body beyond what Lambda takes, are refused', async () => {
    reply = () => ({ body: JSON.stringify({ text: 'x'.repeat(2_000) }) });
    const small = gatewayOf({ function_name: 'f' }, { backend: { max_response_body: 1_000 } });
    expect((await small.call({ url: '/fn/1/x' })).text).toContain('ERR_BACKEND_SIZE');
    const large = gatewayOf({ function_name: 'f' }, { endpoint: { method: 'POST', max_request_body: 2 ** 24 } });
    const body = Buffer.alloc(6 * 2 ** 20 + 1, 0x20);
    expect((await large.call({ method: 'POST', url: '/fn/1/x', body })).status).toBe(413);
    expect(api.calls.length).toBe(1);
  });

  test('the deadline ends the call', async () => {
    reply = () => new Promise(() => {});
    const gateway = gatewayOf({ function_name: 'f' }, { endpoint: { timeout: '100ms' } });
    expect((await gateway.call({ url: '/fn/1/x' })).status).toBe(504);
  });

  test('an address where nobody listens is a failed connection, and is not told', async () => {
    const closed = await startInvokeApi(() => ({}));
    await closed.close();
    const gateway = gatewayOf({ function_name: 'f', endpoint: closed.endpoint });
    const { status, text } = await gateway.call({ url: '/fn/1/x' });
    expect([status, text.includes('ERR_BACKEND_CONNECTION')]).toEqual([502, true]);
    expect(text).not.toContain(new URL(closed.endpoint).port);
  });

  test('a wrong secret is refused by the service', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    const { text } = await gatewayOf({ function_name: 'f' }).call({ url: '/fn/1/x' });
    expect(text).toContain('InvalidSignatureException');
    expect(api.calls.map(({ isSigned }) => isSigned)).toEqual([false]);
  });

  test('an injected client of the SDK is used and not closed', async () => {
    const client = new Lambda({ region: 'eu-west-1', endpoint: api.endpoint });
    const destroy = vi.spyOn(client, 'destroy');
    const gateway = gatewayOf({ function_name: 'f', client: 'mine' }, { options: { clients: { mine: client } } });
    expect((await gateway.call({ url: '/fn/1/x' })).body).toEqual({ ok: true });
    await gateway.close();
    expect(destroy).not.toHaveBeenCalled();
    client.destroy();
  });
});

describe('what an injected client may answer', () => {
  const OK = { StatusCode: 200 };
  test.each<[string, unknown, number, string]>([
    ['nothing', undefined, 502, 'ERR_BACKEND_STATUS'],
    ['a text', 'x', 502, 'ERR_BACKEND_STATUS'],
    ['no status', { Payload: Buffer.from('{}') }, 502, 'ERR_BACKEND_STATUS'],
    ['a status that is a text', { StatusCode: '200', Payload: Buffer.from('{}') }, 502, 'ERR_BACKEND_STATUS'],
    [
      'a function error that is empty',
      { ...OK, FunctionError: '', Payload: Buffer.from('{}') },
      502,
      'ERR_BACKEND_STATUS',
    ],
    ['a payload that is an object', { ...OK, Payload: { a: 1 } }, 502, 'ERR_BACKEND_PROTOCOL'],
    ['a payload that is a number', { ...OK, Payload: 7 }, 502, 'ERR_BACKEND_PROTOCOL'],
    ['no UTF-8', { ...OK, Payload: Buffer.from([0x22, 0xff, 0x22]) }, 502, 'ERR_BACKEND_DECODE'],
    ['an error by its own class', () => Promise.reject(new TypeError('host 10.0.0.1')), 502, 'ERR_BACKEND_CONNECTION'],
    ['a thrown text', () => Promise.reject('host 10.0.0.1'), 502, 'ERR_BACKEND_CONNECTION'],
    ['a payload that is a text', { ...OK, Payload: '{"a":1}' }, 200, '{"a":1}'],
    ['no payload', OK, 200, '{}'],
    ['null', { ...OK, Payload: Buffer.from('null') }, 200, 'null'],
    ['an array', { ...OK, Payload: Buffer.from('[1]') }, 200, '{"collection":[1]}'],
  ])('N01 %s', async (_title, answer, status, text) => {
    const clients = { mine: { invoke: async () => (typeof answer === 'function' ? answer() : answer) } };
    const { status: actual, text: body } = await gatewayOf(
      { function_name: 'f', client: 'mine' },
      { options: { clients } },
    ).call({ url: '/fn/1/x' });
    expect(actual).toBe(status);
    expect(body).toContain(text);
    expect(body).not.toContain('10.0.0.1');
  });
});

describe('a configuration is refused', () => {
  test.each<[string, LambdaInput, Partial<EndpointInput>, RegExp]>([
    ['that names no function', {}, { endpoint: '/fn' }, /give function_name, or a \{function\} in the path/],
    [
      'whose client is not there',
      { function_name: 'f', client: 'none' },
      {},
      /there is no "none" with a function invoke/,
    ],
    ['whose region cannot act', { function_name: 'f', client: 'mine', region: 'x' }, {}, /region: cannot act/],
    ['whose endpoint is no address', { function_name: 'f', endpoint: 'localhost' }, {}, /endpoint/],
  ])('%s', (_title, settings, endpoint, message) => {
    const make = () => gatewayOf(settings, { endpoint, options: { clients: { mine: { invoke: () => {} } } } });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

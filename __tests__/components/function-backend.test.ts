import { Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { BackendFunction } from '../../lib/components/function-backend.js';
import { JsonNumber } from '../../lib/core/json-number.js';
import { type BackendInput, ConfigError, type EndpointInput, type Logger, RejectedError } from '../../lib/index.js';
import { createTestGateway } from '../../lib/testing/index.js';

/** A gateway of one endpoint with one function behind it. */
function gatewayOf(answer: BackendFunction, backend: BackendInput = {}, endpoint: Partial<EndpointInput> = {}) {
  const errors: unknown[] = [];
  const log = vi.fn();
  const logger: Logger = {
    debug: log,
    info: log,
    warn: (fields) => errors.push(fields),
    error: (fields) => errors.push(fields),
  };
  const gateway = createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [
        {
          endpoint: '/price/{id}',
          backend: [{ ...backend, extra_config: { 'backend/function': 'answer', ...backend.extra_config } }],
          ...endpoint,
        },
      ],
    },
    { functions: { answer }, backends: {}, statuses: 'http', errors: 'json', logger },
  );
  return { gateway, errors };
}

test('a value is the document, shaped like any other, and the backend needs neither host nor network', async () => {
  const { gateway } = gatewayOf(({ params }) => ({ id: params['id'], price: 7, secret: 1 }), {
    deny: ['secret'],
    mapping: { price: 'amount' },
    group: 'offer',
  });
  const answer = await gateway.call({ url: '/price/42' });
  expect(answer.text).toBe('{"offer":{"id":"42","amount":7}}');
  expect(answer.headers['x-krakend-completed']).toBe('true');
});

test('it gets what an HTTP backend would have been sent: method, filtered query and headers, the whole body', async () => {
  const seen = vi.fn((request) => ({ size: request.body.length, url: request.url }));
  const { gateway } = gatewayOf(
    seen,
    { url_pattern: '/v1/{id}', method: 'PUT' },
    { method: 'POST', input_query_strings: ['page'], input_headers: ['X-Tenant'] },
  );
  const answer = await gateway.call({
    method: 'POST',
    url: '/price/9?page=2&other=1',
    headers: { 'x-tenant': 'acme', 'x-other': 'no', 'content-type': 'text/plain' },
    body: 'hello',
  });
  expect(answer.body).toEqual({ size: 5, url: 'http://gateway.invalid/v1/9?page=2' });
  const [request] = seen.mock.calls[0]!;
  expect(request.method).toBe('PUT');
  expect(request.headers['x-tenant']).toBe('acme');
  expect(request.headers['x-other']).toBeUndefined();
});

test('a streamed upload reaches it whole, and is bounded', async () => {
  const { gateway } = gatewayOf(
    ({ body }) => String(body?.length),
    {},
    { method: 'POST', output_encoding: 'no-op', max_request_body: 10 },
  );
  const fine = await gateway.call({ method: 'POST', url: '/price/1', body: 'x'.repeat(10) });
  expect(fine.text).toBe('10');
  const large = await gateway.call({ method: 'POST', url: '/price/1', body: 'x'.repeat(11) });
  expect(large.status).toBe(413);
});

test.each<[string, unknown, string, string]>([
  ['text', '{"a":1}', '{"a":1}', 'json'],
  ['bytes', new Uint8Array(Buffer.from('{"a":2}')), '{"a":2}', 'json'],
  ['a Buffer', Buffer.from('hello'), '{"content":"hello"}', 'string'],
  ['a stream', () => Readable.from([Buffer.from('{"a":'), Buffer.from('3}')]), '{"a":3}', 'json'],
  ['an array', [1, 2], '{"collection":[1,2]}', 'json'],
  ['nothing', undefined, '{}', 'json'],
  ['null', null, '{}', 'json'],
  [
    'numbers with all their digits',
    { n: new JsonNumber('12345678901234567890.10') },
    '{"n":12345678901234567890.10}',
    'json',
  ],
  ['a Response', () => Response.json({ a: 4 }), '{"a":4}', 'json'],
])('it may give back %s', async (_title, value, text, encoding) => {
  const { gateway } = gatewayOf(() => (typeof value === 'function' ? value() : value), { encoding });
  const answer = await gateway.call({ url: '/price/1' });
  expect(answer.text).toBe(text);
  expect(answer.headers['x-krakend-completed']).toBe('true');
});

test('status and headers of a Response go through a no-op endpoint', async () => {
  const { gateway } = gatewayOf(
    () => new Response('gone', { status: 410, headers: { 'x-why': 'moved', 'content-type': 'text/plain' } }),
    {},
    { output_encoding: 'no-op' },
  );
  const answer = await gateway.call({ url: '/price/1' });
  expect([answer.status, answer.headers['x-why'], answer.text]).toEqual([410, 'moved', 'gone']);
});

test('a Response outside 2xx is a failure, as that of any backend', async () => {
  const { gateway } = gatewayOf(() => new Response('', { status: 503 }));
  const answer = await gateway.call({ url: '/price/1' });
  expect(answer.status).toBe(502);
  expect(answer.text).toContain('ERR_BACKEND_STATUS');
});

const circle: Record<string, unknown> = {};
circle['self'] = circle;
test.each<[string, BackendFunction]>([
  [
    'throws',
    () => {
      throw new Error('the password is 1234');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the password is 1234'))],
  ['throws nothing', () => Promise.reject(undefined)],
  ['gives back a circle', () => circle],
  ['gives back a function', () => () => 1],
  ['gives back a network error', () => Response.error()],
])('one that %s fails its backend by name, and tells the client nothing', async (_title, answer) => {
  const { gateway, errors } = gatewayOf(answer);
  const { status, text } = await gateway.call({ url: '/price/1' });
  expect(status).toBe(502);
  expect(text).toContain('ERR_BACKEND_STATUS');
  expect(text).not.toContain('1234');
  expect(errors).not.toEqual([]);
});

test('one that throws an error of the gateway means it', async () => {
  const { gateway } = gatewayOf(() => Promise.reject(new RejectedError(402, 'pay first')));
  expect((await gateway.call({ url: '/price/1' })).status).toBe(402);
});

test('one that never settles ends with the deadline', async () => {
  const { gateway } = gatewayOf(() => new Promise(() => {}), {}, { timeout: '20ms' });
  expect((await gateway.call({ url: '/price/1' })).status).toBe(504);
});

test('an answer beyond max_response_body is refused, streamed or not', async () => {
  const large = JSON.stringify({ text: 'x'.repeat(100) });
  for (const value of [large, () => Readable.from([Buffer.from(large)])]) {
    const { gateway } = gatewayOf(() => (typeof value === 'function' ? value() : value), { max_response_body: 50 });
    expect((await gateway.call({ url: '/price/1' })).text).toContain('ERR_BACKEND_SIZE');
  }
});

test('several merge with each other in declared order', async () => {
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/both',
          backend: [
            { group: 'a', extra_config: { 'backend/function': 'slow' } },
            { group: 'b', extra_config: { 'backend/function': 'quick' } },
          ],
        },
      ],
    },
    {
      functions: {
        slow: async () => new Promise((resolve) => setImmediate(resolve, { n: 1 })),
        quick: () => ({ n: 2 }),
      },
      backends: {},
    },
  );
  expect((await gateway.call({ url: '/both' })).text).toBe('{"a":{"n":1},"b":{"n":2}}');
});

test('an unknown name does not start', () => {
  const make = (name: string) =>
    createTestGateway(
      { endpoints: [{ endpoint: '/a', backend: [{ extra_config: { 'backend/function': name } }] }] },
      { functions: { known: () => 1 }, backends: {} },
    );
  expect(() => make('known')).not.toThrow();
  expect(() => make('other')).toThrow(ConfigError);
  expect(() => make('other')).toThrow(/endpoints\[0\]\.backend\[0\].*backend\/function.*there is no "other"/);
});

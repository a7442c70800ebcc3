import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Component, defineComponent } from '../lib/components/component.js';
import type { Config } from '../lib/config/resolved.js';
import { ConfigError } from '../lib/errors.js';
import { type GatewayOptions, resolveOptions } from '../lib/options.js';
import { createPlan } from '../lib/plan.js';
import type { BackendRequest } from '../lib/proxy.js';
import type { SubscriberContext } from '../lib/sd/subscriber.js';
import { createMemoryExchange, type RequestInit } from '../lib/testing/memory-exchange.js';
import type { TransportSettings } from '../lib/transport/wire.js';
import { backendAnswer } from './support/transport.js';

function plan(config: object, options: GatewayOptions = {}) {
  const settings: TransportSettings[] = [];
  const requests: BackendRequest[] = [];
  const created = createPlan(config, resolveOptions(options), () => ({
    transportFor(given) {
      settings.push(given);
      return async (request) => {
        requests.push(request);
        if (request.body instanceof Readable) request.body.resume();
        return backendAnswer({ a: 1 });
      };
    },
    close: async () => {},
  }));
  async function call(init: RequestInit) {
    const { request, response, closed, received } = createMemoryExchange(init);
    created.routes(request, response);
    await closed;
    return received();
  }
  return { plan: created, settings, requests, call };
}

test('tells the wire what each backend asks of it', () => {
  const { settings } = plan({
    endpoints: [
      {
        endpoint: '/x',
        output_encoding: 'no-op',
        backend: [
          {
            host: ['http://a'],
            url_pattern: '/a',
            connect_timeout: '300ms',
            max_response_body: 1000,
            max_response_headers: 500,
            isolate_connections: true,
            extra_config: { 'backend/http/client': { no_redirect: true, send_body_on_redirect: true } },
          },
        ],
      },
      { endpoint: '/y', backend: [{ host: ['http://b'] }] },
    ],
  });
  expect(settings).toMatchObject([
    {
      name: 'backend[0] GET /a',
      stream: true,
      connectTimeout: 300,
      maxBody: 1000,
      maxHeaderBytes: 500,
      isolateConnections: true,
      redirects: 'none',
      sendBodyOnRedirect: true,
    },
    { name: 'backend[0] GET /', stream: false, isolateConnections: false, redirects: 'follow' },
  ]);
});

describe('the body of a request', () => {
  const backend = { host: ['http://a'] };
  const shadow = { ...backend, extra_config: { proxy: { shadow: true } } };

  test.each<[string, object, boolean]>([
    ['streams to the only backend of a no-op endpoint', { output_encoding: 'no-op', backend: [backend] }, true],
    ['is held where it is sent twice', { output_encoding: 'no-op', concurrent_calls: 2, backend: [backend] }, false],
    [
      'is held where one backend sends it twice',
      { output_encoding: 'no-op', backend: [{ ...backend, concurrent_calls: 2 }] },
      false,
    ],
    ['is held where a shadow gets it too', { output_encoding: 'no-op', backend: [backend, shadow] }, false],
    ['is held where several backends get it', { backend: [backend, backend] }, false],
    ['is held where the answer is decoded', { backend: [backend] }, false],
  ])('%s', async (_title, endpoint, isStream) => {
    const { call, requests } = plan({ endpoints: [{ endpoint: '/x', ...endpoint }] });
    await call({ url: '/x', body: 'payload' });
    for (const { body } of requests) expect(body instanceof Readable).toBe(isStream);
    expect(requests.length).toBeGreaterThan(0);
  });
});

test('asks for hosts where the configuration says', () => {
  const mine = vi.fn(({ hosts }: SubscriberContext) => ({ hosts: () => hosts }));
  plan(
    {
      dns_cache_ttl: '5s',
      endpoints: [{ endpoint: '/x', backend: [{ host: ['registry-name'], sd: 'mine', sd_scheme: 'https' }] }],
    },
    { subscribers: { mine } },
  );
  expect(mine.mock.calls).toMatchObject([[{ hosts: ['registry-name'], scheme: 'https', ttl: 5000 }]]);
});

test('warns once of what has no effect at many places', () => {
  const warn = vi.fn();
  const quiet = () => {};
  const documentation = { 'documentation/openapi': { summary: 'x' } };
  const endpoints = ['/a', '/b', '/c', '/d'].map((endpoint) => ({
    endpoint,
    output_encoding: 'no-op',
    backend: [{ host: ['http://a'], group: 'a' }],
    extra_config: documentation,
  }));
  plan({ endpoints }, { logger: { debug: quiet, info: quiet, warn, error: quiet } });
  expect(warn.mock.calls).toEqual([
    [
      {
        at: 'endpoints[0].extra_config["documentation/openapi"], endpoints[1].extra_config["documentation/openapi"] and 2 more',
      },
      expect.stringContaining('only documents'),
    ],
    [
      { at: 'endpoints[0].backend[0].group, endpoints[1].backend[0].group and 2 more' },
      expect.stringContaining('"group"'),
    ],
  ]);
});

test('warns once of what has no effect, and says where', () => {
  const warn = vi.fn();
  const quiet = vi.fn();
  plan({ port: 8080, endpoints: [] }, { logger: { debug: quiet, info: quiet, warn, error: quiet } });
  expect(warn.mock.calls).toEqual([[{ at: 'port' }, expect.stringContaining('port')]]);
});

describe('components of the service', () => {
  const order: string[] = [];
  const service = (namespace: string): Component =>
    defineComponent({
      namespace,
      schema: z.unknown(),
      service: () =>
        function note(_request, _response, next) {
          order.push(namespace);
          next();
        },
    }) as Component;

  test('run in the order of their table', async () => {
    const { call } = plan(
      {
        extra_config: { 'test/second': {}, 'test/first': {} },
        endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'] }] }],
      },
      { components: [service('test/first'), service('test/second')] },
    );
    expect((await call({ url: '/x' })).status).toBe(200);
    expect(order).toEqual(['test/first', 'test/second']);
  });
});

test('X02 opens the wire with the checked configuration, and not before', () => {
  const openWire = vi.fn((config: Config) => {
    expect(config.endpoints).toHaveLength(1);
    return { transportFor: () => async () => backendAnswer(''), close: async () => {} };
  });
  expect(() => createPlan({ endpoints: 7 }, resolveOptions({}), openWire)).toThrow(ConfigError);
  expect(openWire).not.toHaveBeenCalled();
  createPlan({ endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'] }] }] }, resolveOptions({}), openWire);
  expect(openWire).toHaveBeenCalledTimes(1);
});

test('X02 a configuration that is refused late ends what it had opened, and says so where it cannot', async () => {
  const ended: string[] = [];
  const err = new Error('stuck');
  const opens = defineComponent({
    namespace: 'test/opens',
    schema: z.unknown(),
    service(_config, { onClose }) {
      onClose(() => void ended.push('component'));
      return undefined;
    },
    endpoint() {
      throw new ConfigError([{ path: 'x', message: 'no' }]);
    },
  });
  const error = vi.fn();
  const quiet = vi.fn();
  const extra_config = { 'test/opens': {} };
  const create = () =>
    createPlan(
      { extra_config, endpoints: [{ endpoint: '/x', extra_config, backend: [{ host: ['http://a'] }] }] },
      resolveOptions({
        components: [opens as Component],
        logger: { debug: quiet, info: quiet, warn: quiet, error },
      }),
      () => ({
        transportFor: () => async () => backendAnswer(''),
        close() {
          ended.push('wire');
          return Promise.reject(err);
        },
      }),
    );
  expect(create).toThrow(ConfigError);
  await new Promise(setImmediate);
  expect(ended.sort()).toEqual(['component', 'wire']);
  const at = 'the connections to the backends';
  expect(error.mock.calls).toEqual([[{ at, err }, expect.stringContaining('could not be closed')]]);
});

test('X01 knows when nobody is inside, and ends those who are', async () => {
  const { plan: current } = plan(
    { endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'] }] }] },
    {
      transport: () => new Promise(() => {}),
    },
  );
  const { request, response, received } = createMemoryExchange({ url: '/x' });
  current.routes(request, response);
  const idle = vi.fn();
  const waiting = current.idle().then(idle);
  await new Promise(setImmediate);
  expect(idle).not.toHaveBeenCalled();
  current.abort();
  await waiting;
  expect(received().status).toBe(503);
  await current.close();
});

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { CacheStore } from '../../../lib/components/http-cache/cache-store.js';
import { ConfigError } from '../../../lib/errors.js';
import { createGateway, type Gateway, type GatewayConfig } from '../../../lib/gateway.js';
import type { GatewayOptions } from '../../../lib/options.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A backend that counts, and the gateway in front of it. */
async function start(make: (host: string) => GatewayConfig, options: GatewayOptions = {}, delay = 0) {
  const journal: { url: string; headers: IncomingMessage['headers'] }[] = [];
  const backend = await listen((request, response) => {
    journal.push({ url: String(request.url), headers: request.headers });
    const { authorization = 'nobody' } = request.headers;
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60', etag: '"1"' });
      response.end(JSON.stringify({ call: journal.length, for: authorization }));
    }, delay);
  });
  const gateway: Gateway = createGateway(make(backend), options);
  const url = await listen(gateway);
  open.push(gateway);
  async function get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ body: unknown; cache: string | null }> {
    const response = await fetch(url + path, { headers });
    return { body: await response.json(), cache: response.headers.get('x-cache') };
  }
  return { journal, gateway, get, backend, url };
}

function configOf(settings: object, extra: object = {}, endpoints = ['/a']): (host: string) => GatewayConfig {
  return (host) => ({
    endpoints: endpoints.map((endpoint) => ({
      endpoint,
      backend: [{ host: [host], url_pattern: '/data', extra_config: { 'qos/http-cache': settings } }],
      ...extra,
    })),
  });
}

describe('qos/http-cache', () => {
  test('its presence is enough, also under its old name', async () => {
    const { journal, get } = await start((host) => ({
      endpoints: [
        {
          endpoint: '/a',
          backend: [
            {
              host: [host],
              url_pattern: '/data',
              extra_config: { 'github.com/devopsfaith/krakend-httpcache': {} },
            },
          ],
        },
      ],
    }));
    expect(await get('/a')).toEqual({ body: { call: 1, for: 'nobody' }, cache: null });
    expect(await get('/a')).toEqual({ body: { call: 1, for: 'nobody' }, cache: null });
    expect(journal).toHaveLength(1);
  });

  test('what passes through untouched is cached as well, and debug shows how', async () => {
    const { journal, get } = await start(configOf({}, { output_encoding: 'no-op' }), { debug: true });
    expect((await get('/a')).cache).toBe('miss');
    expect(await get('/a')).toEqual({ body: { call: 1, for: 'nobody' }, cache: 'hit' });
    expect(journal).toHaveLength(1);
  });

  test('each backend has answers of its own, unless they are shared', async () => {
    const apart = await start(configOf({}, {}, ['/a', '/b']));
    await apart.get('/a');
    expect((await apart.get('/b')).body).toMatchObject({ call: 2 });
    const together = await start(configOf({ shared: true }, {}, ['/a', '/b']));
    await together.get('/a');
    expect((await together.get('/b')).body).toMatchObject({ call: 1 });
  });

  test('K01 two users, each with a token', async () => {
    const { get } = await start(configOf({ shared: true }, { input_headers: ['Authorization'] }));
    for (const user of ['A', 'B', 'A', 'B']) {
      expect((await get('/a', { authorization: user })).body).toMatchObject({ for: user });
    }
  });

  test('K03 a header that is not let in changes nothing', async () => {
    const { journal, get } = await start(configOf({}));
    const hostile = { 'x-forwarded-for': '6.6.6.6', 'x-original-url': '/admin', authorization: 'evil', 'x-theme': '<' };
    expect((await get('/a', hostile)).body).toEqual({ call: 1, for: 'nobody' });
    expect((await get('/a')).body).toEqual({ call: 1, for: 'nobody' });
    expect(JSON.stringify(journal)).not.toMatch(/evil|admin|6\.6\.6\.6/);
  });

  test('K04 five hundred clients on a cold key make one call', async () => {
    const { journal, get } = await start(configOf({}, { timeout: '20s' }), {}, 800);
    const answers = await Promise.all(Array.from({ length: 500 }, () => get('/a')));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(new Set(['{"call":1,"for":"nobody"}']));
    expect(journal).toHaveLength(1);
  }, 30_000);

  test('K04 the first client leaves, and the others are answered by its call', async () => {
    let started = 0;
    const observe = {
      started() {
        started++;
        return undefined;
      },
    };
    const { journal, get, url } = await start(configOf({}, { timeout: '20s' }), { observe }, 1_500);
    const first = new AbortController();
    const left = fetch(`${url}/a`, { signal: first.signal });
    while (journal.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const others = Array.from({ length: 99 }, () => get('/a'));
    while (started < 100) await new Promise((resolve) => setTimeout(resolve, 2));
    first.abort();
    await expect(left).rejects.toThrow();
    const calls = (await Promise.all(others)).map(({ body }) => (body as { call: number }).call);
    expect(new Set(calls)).toEqual(new Set([1]));
    expect(journal).toHaveLength(1);
  }, 30_000);

  test('K04 max_pending counts calls, not those who wait for them', async () => {
    const make = (host: string): GatewayConfig => ({
      endpoints: [
        {
          endpoint: '/a/{id}',
          timeout: '20s',
          backend: [{ host: [host], url_pattern: '/{id}', max_pending: 1, extra_config: { 'qos/http-cache': {} } }],
        },
      ],
    });
    const { journal, get } = await start(make, {}, 500);
    const same = Array.from({ length: 20 }, () => get('/a/1'));
    while (journal.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await expect(get('/a/2')).rejects.toThrow();
    expect((await Promise.all(same)).length).toBe(20);
    expect(journal).toHaveLength(1);
  }, 30_000);

  test('K05 a store of its own keeps to its bounds', async () => {
    const make = (host: string): GatewayConfig => ({
      endpoints: [
        {
          endpoint: '/a/{id}',
          backend: [{ host: [host], url_pattern: '/{id}', extra_config: { 'qos/http-cache': { max_items: 2 } } }],
        },
      ],
    });
    const { journal, get } = await start(make);
    for (const id of [1, 2, 3, 2, 3, 1]) await get(`/a/${id}`);
    expect(journal.map(({ url }) => url)).toEqual(['/1', '/2', '/3', '/1']);
  });

  test('max_entry_size keeps large bodies out', async () => {
    const { journal, get } = await start(configOf({ max_entry_size: 5 }));
    await get('/a');
    await get('/a');
    expect(journal).toHaveLength(2);
  });

  test('K02 the answer of another URL is not kept for the one that redirected to it', async () => {
    const asked: string[] = [];
    const backend = await listen((request, response) => {
      asked.push(String(request.url));
      if (request.url === '/data') return response.writeHead(302, { location: '/v1' }).end();
      const headers = { 'cache-control': 'max-age=60', 'content-encoding': 'gzip' };
      return response.writeHead(200, headers).end(gzipSync('{"v":1}'));
    });
    const gateway = createGateway(configOf({})(backend));
    open.push(gateway);
    const url = `${await listen(gateway)}/a`;
    for (let turn = 0; turn < 2; turn++) expect(await (await fetch(url)).json()).toEqual({ v: 1 });
    expect(asked).toEqual(['/data', '/v1', '/data', '/v1']);
  });

  test('gateway.cache forgets on request and counts', async () => {
    const { journal, get, gateway, backend } = await start(configOf({}));
    await get('/a');
    await get('/a');
    expect(gateway.cache.counts()).toEqual({ hit: 1, miss: 1, revalidated: 0, stale: 0, pass: 0 });
    expect(await gateway.cache.purge('/other')).toBe(0);
    expect(await gateway.cache.purge(`${backend}/data`)).toBe(1);
    await get('/a');
    expect(await gateway.cache.purge('/da*')).toBe(1);
    await get('/a');
    expect(await gateway.cache.purge()).toBe(1);
    expect(journal).toHaveLength(3);
  });

  test('a reload keeps it warm, except where something between backend and cache has changed', async () => {
    const { journal, get, gateway, backend } = await start(configOf({}));
    await get('/a');
    gateway.reload(configOf({})(backend));
    await get('/a');
    expect(journal).toHaveLength(1);
    gateway.reload(configOf({ max_entry_size: 100_000 })(backend));
    await get('/a');
    expect(journal).toHaveLength(2);
  });

  test('several gateways share by a store', async () => {
    const values = new Map<string, string>();
    const store: CacheStore = {
      get: async (key) => values.get(key),
      set: async (key, value) => values.set(key, value),
      remove: async (matches) => [...values.keys()].filter((key) => matches(key) && values.delete(key)).length,
    };
    // Here each is asked by a host name of its own.
    const config = configOf({ store: 'redis', ignore_headers: ['X-Forwarded-Host'] });
    const { journal, get, backend, gateway } = await start(config, { stores: { redis: store } });
    await get('/a');
    const other = createGateway(config(backend), { stores: { redis: store } });
    open.push(other);
    const answer = await fetch(`${await listen(other)}/a`);
    expect(await answer.json()).toEqual({ call: 1, for: 'nobody' });
    expect(journal).toHaveLength(1);
    expect(await other.cache.purge()).toBe(1);
    await get('/a');
    expect(journal).toHaveLength(2);
    expect(gateway.cache.counts().miss).toBe(2);
  });

  test.each<[object, string, RegExp]>([
    [{ store: 'redis' }, 'store', /no "redis" in options\.stores/],
    [{ max_size: -1 }, 'max_size', /./],
    [{ max_items: 1.5 }, 'max_items', /./],
    [{ max_entry_size: 0 }, 'max_entry_size', /./],
    [{ sharde: true }, '', /shared/],
    [{ ignore_headers: 'x' }, 'ignore_headers', /./],
  ])('does not start with %j', (settings, path, message) => {
    try {
      createGateway(configOf(settings)('http://a.test'), { stores: { other: {} } });
      expect.unreachable();
    } catch (error) {
      const [issue] = (error as ConfigError).issues;
      expect(error).toBeInstanceOf(ConfigError);
      expect(issue?.path).toContain(`["qos/http-cache"]${path && '.'}${path}`);
      expect(issue?.message).toMatch(message);
    }
  });

  test('a store has bounds of its own', () => {
    const stores = { redis: { get() {}, set() {}, remove() {} } };
    expect(() => createGateway(configOf({ store: 'redis', max_items: 5 })('http://a.test'), { stores })).toThrow(
      /leave max_size and max_items out/,
    );
  });
});

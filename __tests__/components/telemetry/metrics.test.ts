import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createGateway, type GatewayConfig } from '../../../lib/gateway.js';
import { createTestGateway } from '../../../lib/testing/index.js';
import { headersOf } from '../../support/requests.js';

function configOf(settings: object, extra: object = {}): GatewayConfig {
  return {
    extra_config: { 'telemetry/metrics': settings },
    endpoints: [{ endpoint: '/users/{id}', backend: [{ host: ['http://users'], url_pattern: '/u/{id}' }] }],
    ...extra,
  };
}

const BACKENDS = { 'users/u/{id}': { id: 1 } };
const COUNT = 'krakend.proxy.requests.layer.backend.name./u/{id}.complete.true.error.false';

describe('telemetry/metrics', () => {
  test('answers /__stats on the same machine', async () => {
    const gateway = createTestGateway(configOf({ collection_time: '60s', listen_address: ':8090' }), {
      backends: BACKENDS,
    });
    await gateway.call({ url: '/users/1' });
    const { status, headers, body } = await gateway.call({ url: '/__stats?pretty' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' });
    expect(body).toMatchObject({ [COUNT]: 1, 'krakend.router.response./users/{id}.status.200.count': 1 });
  });

  test.each([
    { 'x-forwarded-for': '10.0.0.1' },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=x' },
    { via: '1.1 a' },
    { 'x-real-ip': 'x' },
  ])('hides it from who comes through a proxy: %j', async (headers) => {
    const gateway = createTestGateway(configOf({}), { backends: BACKENDS });
    expect((await gateway.call({ url: '/__stats', headers: headers as Record<string, string> })).matched).toBe(false);
    const shown = createTestGateway(configOf({ public: true }), { backends: BACKENDS });
    expect((await shown.call({ url: '/__stats', headers: headers as Record<string, string> })).status).toBe(200);
  });

  test('hides it from other machines', async () => {
    const gateway = createTestGateway(configOf({}), { backends: BACKENDS, trustedProxies: ['127.0.0.1', '::1'] });
    expect((await gateway.call({ url: '/__stats', headers: { 'X-Forwarded-For': '8.8.8.8' } })).matched).toBe(false);
  });

  test('is for GET, at its path, where it is not switched off', async () => {
    const gateway = createTestGateway(configOf({}), { backends: BACKENDS });
    expect((await gateway.call({ url: '/__stats', method: 'POST' })).matched).toBe(false);
    expect((await gateway.call({ url: '/__stats/x' })).matched).toBe(false);
    const off = createTestGateway(configOf({ endpoint_disabled: true }), { backends: BACKENDS });
    expect((await off.call({ url: '/__stats' })).matched).toBe(false);
  });

  test('E04 a hundred thousand requests for nothing leave no trace', async () => {
    const gateway = createTestGateway(configOf({}), { backends: BACKENDS });
    const names = async () => Object.keys((await gateway.call({ url: '/__stats' })).body as object).length;
    await gateway.call({ url: '/users/0' });
    const before = await names();
    for (let index = 0; index < 3_000; index++) await gateway.call({ url: `/users${index}/?q=${index}` });
    for (let index = 1; index < 300; index++) await gateway.call({ url: `/users/${index}?q=${index}` });
    expect(await names()).toBe(before);
  });

  test('gateway.stats() has it as well, over a reload, and nothing where it is not configured', async () => {
    const transport = async () => ({ status: 200, headers: headersOf({}), body: Buffer.from('{"id":1}') });
    const gateway = createGateway(configOf({ endpoint_disabled: true }), { transport });
    const server = createServer(gateway);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const get = () =>
      new Promise<void>((resolve) => {
        httpRequest({ port, path: '/users/1', agent: false }, (response) =>
          response.resume().on('close', resolve),
        ).end();
      });
    await get();
    gateway.reload(configOf({ endpoint_disabled: true }));
    await get();
    expect(gateway.stats()?.[COUNT]).toBe(2);
    gateway.reload(configOf({}, { extra_config: {} }));
    expect(gateway.stats()).toBeUndefined();
    await gateway.close();
    server.close();
  });

  test('refuses what it does not know', () => {
    expect(() => createGateway(configOf({ collection_time: '0s' }))).toThrow(/collection_time/);
    expect(() => createGateway(configOf({ proxy_enabled: true }))).toThrow(/proxy_enabled/);
  });
});

import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createGateway, type GatewayConfig } from '../../../lib/gateway.js';
import { silentLogger } from '../../../lib/logger.js';
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
  test('answers /__stats where it is declared public', async () => {
    const gateway = createTestGateway(configOf({ collection_time: '60s', public: true }), { backends: BACKENDS });
    await gateway.call({ url: '/users/1' });
    const { status, headers, body } = await gateway.call({ url: '/__stats?pretty' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' });
    expect(body).toMatchObject({ [COUNT]: 1, 'krakend.router.response./users/{id}.status.200.count': 1 });
  });

  test('E01 shows it to nobody else, whatever address a request comes from', async () => {
    const gateway = createTestGateway(configOf({}), { backends: BACKENDS, trustedProxies: ['127.0.0.1', '::1'] });
    for (const headers of [
      {},
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-for': '8.8.8.8' },
      { via: '1.1 a' },
    ]) {
      const call = { url: '/__stats', headers: headers as Record<string, string> };
      expect((await gateway.call(call)).matched).toBe(false);
    }
  });

  test('E01 a plain proxy on the same machine does not make it public', async () => {
    const gateway = createGateway(configOf({}));
    const server = createServer(gateway).listen(0, '127.0.0.1');
    const proxy = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      // As nginx does it unless it is told otherwise: nothing says that the request was forwarded.
      httpRequest({ port, path: request.url, agent: false }, (answer) => {
        response.writeHead(answer.statusCode as number);
        answer.pipe(response);
      }).end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(server, 'listening'), once(proxy, 'listening')]);
    const answer = await fetch(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/__stats`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('memstats');
    await gateway.close();
    proxy.close();
    server.close();
  });

  test('a guard decides by the request, at once or later, and only true shows it', async () => {
    const errors = vi.fn();
    const guards: Record<string, (request: IncomingMessage) => unknown> = {
      byToken: ({ headers }) => headers['x-token'] === 'right',
      later: async ({ headers }) => headers['x-token'] === 'right',
      truthy: () => 'yes',
      nothing: () => undefined,
      throws() {
        throw new Error('no');
      },
      rejects: () => Promise.reject(new Error('no')),
    };
    async function isShown(guard: string, token: string): Promise<boolean> {
      const logger = { ...silentLogger, error: errors };
      const gateway = createTestGateway(configOf({ guard }), {
        backends: BACKENDS,
        functions: guards as never,
        logger,
      });
      return (await gateway.call({ url: '/__stats', headers: { 'X-Token': token } })).status === 200;
    }
    for (const guard of ['byToken', 'later']) {
      expect(await isShown(guard, 'right')).toBe(true);
      expect(await isShown(guard, 'wrong')).toBe(false);
    }
    for (const guard of ['truthy', 'nothing', 'throws', 'rejects']) expect(await isShown(guard, 'right')).toBe(false);
    expect(errors).toHaveBeenCalledTimes(2);
  });

  test('is for GET, at its path, where it is not switched off', async () => {
    const gateway = createTestGateway(configOf({ public: true }), { backends: BACKENDS });
    expect((await gateway.call({ url: '/__stats', method: 'POST' })).matched).toBe(false);
    expect((await gateway.call({ url: '/__stats/x' })).matched).toBe(false);
    const off = createTestGateway(configOf({ public: true, endpoint_disabled: true }), { backends: BACKENDS });
    expect((await off.call({ url: '/__stats' })).matched).toBe(false);
  });

  test('says so where KrakenD would have opened a port', () => {
    const warn = vi.fn();
    const logger = { ...silentLogger, warn };
    for (const settings of [
      {},
      { listen_address: ':8090', endpoint_disabled: true },
      { listen_address: ':8090', public: true },
    ]) {
      createTestGateway(configOf(settings), { backends: BACKENDS, logger });
    }
    expect(warn).not.toHaveBeenCalled();
    createTestGateway(configOf({ listen_address: ':8090' }), { backends: BACKENDS, logger });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { at: 'extra_config["telemetry/metrics"]' },
      expect.stringContaining('/__stats is not answered'),
    );
  });

  test('E04 a hundred thousand requests for nothing leave no trace', async () => {
    const gateway = createTestGateway(configOf({ public: true }), { backends: BACKENDS });
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
    expect(() => createGateway(configOf({ collection_time: 'soon' }))).toThrow(/collection_time/);
    expect(() => createGateway(configOf({ proxy_enabled: true }))).toThrow(/proxy_enabled/);
    expect(() => createGateway(configOf({ guard: 'isOperator' }))).toThrow(/guard: there is no "isOperator"/);
    expect(() => createGateway(configOf({ guard: 'a', public: true }), { functions: { a: () => true } })).toThrow(
      /public: contradicts "guard"/,
    );
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create as createAxios } from 'axios';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineComponent } from '../../lib/components/component.js';
import { createGateway, type Gateway, type GatewayConfig } from '../../lib/gateway.js';
import type { GatewayOptions } from '../../lib/options.js';
import { headersOf } from '../support/requests.js';

const open: { close(): unknown }[] = [];
let backend: string;

async function listen(server: Server): Promise<string> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  backend = await listen(createServer((request, response) => response.end(JSON.stringify({ [request.url ?? '']: 1 }))));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(options: GatewayOptions, extra: object = {}, part: object = {}): Promise<[string, Gateway]> {
  const calls = ['/a', '/b'].map((url_pattern) => ({ host: [backend], url_pattern, ...part }));
  const gateway = createGateway(
    { endpoints: [{ endpoint: '/x', backend: calls, ...extra }] } as GatewayConfig,
    options,
  );
  open.push(gateway);
  return [`${await listen(createServer(gateway))}/x`, gateway];
}

/** Fails unless the signal is one that everything of Node's takes. */
function assertReal(signal: AbortSignal): void {
  expect(signal).toBeInstanceOf(AbortSignal);
  expect(AbortSignal.any([signal]).aborted).toBe(false);
}

describe('the signal is real for', () => {
  const seen: AbortSignal[] = [];
  const schema = z.looseObject({});
  const namespace = 'example/look';
  const look = { extra_config: { [namespace]: {} } };
  const hooks = {
    admit: () => (head: { signal: AbortSignal }) => {
      seen.push(head.signal);
      return undefined;
    },
    layer:
      () =>
      <R extends { readonly signal: AbortSignal }, A>(next: (request: R) => A) =>
      (request: R): A => {
        seen.push(request.signal);
        return next(request);
      },
  };

  beforeEach(() => {
    seen.length = 0;
  });

  async function askAndLook(
    options: GatewayOptions,
    extra?: object,
    part?: object,
    prepare?: (gateway: Gateway) => void,
  ) {
    const [url, gateway] = await start(options, extra, part);
    prepare?.(gateway);
    expect(await (await fetch(url)).json()).toEqual({ '/a': 1, '/b': 1 });
    expect(seen.length).toBeGreaterThan(0);
    for (const signal of seen) assertReal(signal);
  }

  test('a component at the door', () =>
    askAndLook({ components: [defineComponent({ namespace, schema, admit: hooks.admit })] }, look));

  test('a component around the endpoint', () =>
    askAndLook({ components: [defineComponent({ namespace, schema, endpoint: hooks.layer })] }, look));

  test.each(['client', 'backend', 'transport'] as const)('a component with the hook %s of a backend', (hook) =>
    askAndLook({ components: [defineComponent({ namespace, schema, [hook]: hooks.layer })] }, {}, look),
  );

  test('a transport of the user', () =>
    askAndLook({
      async transport(request) {
        seen.push(request.signal);
        const path = new URL(request.url).pathname;
        return { status: 200, headers: headersOf({}), body: Buffer.from(JSON.stringify({ [path]: 1 })) };
      },
    }));

  test('an axios instance of the user', () => {
    const axios = createAxios();
    axios.interceptors.request.use((config) => {
      seen.push(config.signal as AbortSignal);
      return config;
    });
    return askAndLook({ axios });
  });

  test('an interceptor', () =>
    askAndLook({}, {}, {}, ({ axios }) => {
      (axios as ReturnType<typeof createAxios>).interceptors.request.use((config) => {
        seen.push(config.signal as AbortSignal);
        return config;
      });
    }));
});

test.each([
  ['nothing else', {}],
  ['a limit', { extra_config: { 'qos/ratelimit/router': { max_rate: 1000 } } }],
])('with %s no signal is made for a request', async (_what, extra) => {
  const [url] = await start({}, extra);
  await (await fetch(url)).json();
  const made = vi.fn();
  vi.stubGlobal(
    'AbortController',
    class extends AbortController {
      constructor() {
        super();
        made(new Error().stack);
      }
    },
  );
  const [{ port, pathname }, chunks] = [new URL(url), [] as Buffer[]];
  const { get } = await import('node:http');
  const [response] = await once(get({ port, path: pathname, host: '127.0.0.1', agent: false }), 'response');
  for await (const chunk of response) chunks.push(chunk);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({ '/a': 1, '/b': 1 });
  expect(made).not.toHaveBeenCalled();
});

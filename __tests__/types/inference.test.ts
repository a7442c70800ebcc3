import {
  type BackendFunction,
  createGateway,
  type Data,
  defineComponent,
  defineConfig,
  type ExtraOf,
  type GatewayConfig,
  type ProxyResponse,
  type RequestFunction,
  type ResponseFunction,
} from 'express-tributary';
import { createTestGateway } from 'express-tributary/testing';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import krakend from './krakend.json' with { type: 'json' };

const endpoints = [{ endpoint: '/users/{id}', backend: [{ host: ['http://users'], url_pattern: '/u/{id}' }] }] as const;

const stamp = defineComponent({
  namespace: 'example/stamp',
  schema: z.strictObject({ header: z.string() }),
  transport: () => (next) => next,
});

/** Never run: only the compiler looks at it. */
function neverRun(_: () => unknown): void {}

test('a configuration that is imported from a JSON file needs no cast', async () => {
  const gateway = createGateway(krakend);
  gateway.reload(krakend);
  await gateway.close();
  const tested = createTestGateway(krakend, { backends: { 'users/u/7': { id: 7 }, 'orders/o/7': { count: 1 } } });
  expect((await tested.call({ url: '/users/7' })).body).toEqual({ user: { id: 7 }, count: 1 });
});

test('what is written inline is checked all the same', () => {
  neverRun(() => {
    // @ts-expect-error a typo at the root
    createGateway({ version: 3, endpoints, timeuot: '2s' });
    // @ts-expect-error a typo in a backend
    createGateway({ endpoints: [{ endpoint: '/a', backend: [{ urlpattern: '/' }] }] });
    // @ts-expect-error a duration has a unit that there is
    createGateway({ endpoints, timeout: '3 sec' });
    // @ts-expect-error a duration is no number, but for 0
    createGateway({ endpoints, timeout: 3 });
    createGateway({
      endpoints: [
        {
          endpoint: '/a',
          // @ts-expect-error an option of a built-in component
          backend: [{ extra_config: { 'qos/circuit-breaker': { maxErrors: 3 } } }],
        },
      ],
    });
    // @ts-expect-error a namespace that is not there
    createGateway({ endpoints, extra_config: { 'security/bot-detecter': {} } });
  });
  expectTypeOf<'1h30m'>().toExtend<NonNullable<GatewayConfig['timeout']>>();
  expectTypeOf<'1.5s'>().toExtend<NonNullable<GatewayConfig['timeout']>>();
  expectTypeOf<0>().toExtend<NonNullable<GatewayConfig['timeout']>>();
});

test('names complete, and own names stay possible', () => {
  const config = defineConfig({
    endpoints: [{ endpoint: '/a', output_encoding: 'own-format', backend: [{ encoding: 'xml', balancer: 'mine' }] }],
  });
  expect(config.endpoints).toHaveLength(1);
});

test('components of the app type their options', () => {
  const gateway = createTestGateway(
    {
      endpoints: [
        { endpoint: '/a', backend: [{ host: ['http://a'], extra_config: { 'example/stamp': { header: 'x-a' } } }] },
      ],
    },
    { components: [stamp], backends: {} },
  );
  expect(gateway.call).toBeTypeOf('function');
  neverRun(() => {
    createGateway(
      // @ts-expect-error an option of the component
      { endpoints: [{ endpoint: '/a', backend: [{ extra_config: { 'example/stamp': { name: 'x-a' } } }] }] },
      { components: [stamp] },
    );
    createGateway(
      // @ts-expect-error a level without a hook
      { endpoints, extra_config: { 'example/stamp': { header: 'x-a' } } },
      { components: [stamp] },
    );
  });
});

test('a configuration in a file of its own may use them too', () => {
  const config = defineConfig<ExtraOf<[typeof stamp]>>({
    endpoints: [
      { endpoint: '/a', backend: [{ host: ['http://a'], extra_config: { 'example/stamp': { header: 'x-a' } } }] },
    ],
  });
  expect(createTestGateway(config, { components: [stamp], backends: {} }).call).toBeTypeOf('function');
});

test('functions that are written inline know what they are given', async () => {
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/price/{id}',
          extra_config: { 'modifier/js': { response: 'round' } },
          backend: [{ extra_config: { 'backend/function': 'priceOf' } }],
        },
      ],
    },
    {
      backends: {},
      functions: {
        priceOf: (request) => {
          expectTypeOf(request.params).toEqualTypeOf<Readonly<Record<string, string>>>();
          return { id: request.params.id, price: 1.26 };
        },
        round: (response, request) => {
          expectTypeOf(response.data).toEqualTypeOf<Data | null>();
          expectTypeOf(request.method).toEqualTypeOf<string>();
          return { data: { ...response.data, price: 1.3 } };
        },
      },
    },
  );
  expect((await gateway.call({ url: '/price/7' })).body).toEqual({ id: '7', price: 1.3 });
});

test('functions with types of their own fit as well', () => {
  const add: RequestFunction = ({ params }) => ({ params: { ...params, at: 'now' } });
  const cut: ResponseFunction = ({ data }) => ({ data: { ...data, secret: undefined } });
  const priceOf: BackendFunction = ({ body }) => body?.length ?? 0;
  const isAdmin = (request: import('node:http').IncomingMessage): boolean => request.socket.remoteAddress === '::1';
  neverRun(() => createGateway({ endpoints }, { functions: { add, cut, priceOf, isAdmin } }));
});

test('documents and bodies take the type that you expect', async () => {
  interface User {
    readonly id: number;
  }
  expectTypeOf<ProxyResponse<User>['data']>().toEqualTypeOf<Readonly<User> | null>();
  expectTypeOf<Data<User>>().toEqualTypeOf<Readonly<User>>();
  const gateway = createTestGateway({ endpoints }, { backends: { 'users/u/7': { id: 7 } } });
  const { body } = await gateway.call<User>({ url: '/users/7' });
  expectTypeOf(body).toEqualTypeOf<User>();
  expect(body.id).toBe(7);
});

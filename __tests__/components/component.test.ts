import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { type CheckContext, defineComponent } from '../../lib/components/component.js';
import { createTestGateway } from '../../lib/testing/index.js';
import { componentScope } from '../support/component-scope.js';

/** One of each hook, each leaving its mark. */
const marks = defineComponent({
  namespace: 'example/marks',
  schema: z.strictObject({ name: z.string().default('x') }),
  service: ({ name }) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    return function markService(_request, response, next) {
      response.setHeader('X-Service', name);
      next();
    };
  },
  admit: ({ name }) => {
    return function markHead({ params }) {
      return { 'x-admit': `${name} ${params['id']}` };
    };
  },
  endpoint: ({ name }, { endpoint }) => {
    return function markEndpoint(next) {
      return async function mark(request) {
        const answer = await next({ ...request, params: { ...request.params, from: name } });
        return { ...answer, data: { ...answer.data, endpoint: endpoint.endpoint } };
      };
    };
  },
  client: ({ name }) => {
    return function markClient(next) {
      return (request) => next({ ...request, params: { ...request.params, client: name } });
    };
  },
  backend: ({ name }, { backend }) => {
    return function markBackend(next) {
      return async function mark(request) {
        expectTypeOf(request.url).toEqualTypeOf<string>();
        const answer = await next({ ...request, url: `${request.url}?via=${name}` });
        return { ...answer, data: { ...answer.data, backend: backend.at } };
      };
    };
  },
  transport: ({ name }) => {
    return function markTransport(next) {
      return (request) => next({ ...request, headers: { ...request.headers, 'x-transport': name } });
    };
  },
});

test('each hook stands where it says, and sees what it is promised', async () => {
  const extra_config = { 'example/marks': { name: 'm' } };
  const gateway = createTestGateway(
    {
      extra_config,
      endpoints: [
        {
          endpoint: '/x/{id}',
          extra_config,
          backend: [{ host: ['http://a'], url_pattern: '/{id}', extra_config }],
        },
      ],
    },
    { components: [marks], backends: { 'a/7': { a: 1 } } },
  );
  const { headers, body, trace } = await gateway.call({ url: '/x/7' });
  expect(headers).toMatchObject({ 'x-service': 'm', 'x-admit': 'm 7' });
  expect(body).toEqual({ a: 1, backend: 'endpoints[0].backend[0]', endpoint: '/x/{id}' });
  expect(trace[0]?.calls).toMatchObject([{ url: 'http://a/7?via=m', headers: { 'x-transport': 'm' } }]);
});

test('without its namespace nothing of it is there', async () => {
  const gateway = createTestGateway(
    { endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'], url_pattern: '/a' }] }] },
    { components: [marks], backends: { 'a/a': { a: 1 } } },
  );
  const { headers, body } = await gateway.call({ url: '/x' });
  expect(headers).not.toHaveProperty('x-service');
  expect(headers).not.toHaveProperty('x-admit');
  expect(body).toEqual({ a: 1 });
});

test('what `check` is given follows from the schema', () => {
  const component = defineComponent({
    namespace: 'example/checked',
    schema: z.strictObject({ names: z.string() }).transform(({ names }) => names.split(',')),
    check(config, context) {
      expectTypeOf(config).toEqualTypeOf<string[]>();
      expectTypeOf(context).toEqualTypeOf<CheckContext>();
      return config.filter((name) => !context.functions.has(name)).map((name) => ({ path: [], message: name }));
    },
    admit: (config) => {
      expectTypeOf(config).toEqualTypeOf<string[]>();
      return undefined;
    },
  });
  expect(component.check(['a', 'b'], { ...componentScope(), scope: 'endpoint' })).toHaveLength(2);
});

test('layers stand in the order of the table: those of the host app inside the built-in ones', async () => {
  const order: string[] = [];
  const note = (namespace: string) =>
    defineComponent({
      namespace,
      schema: z.unknown(),
      endpoint: () =>
        function noteEndpoint(next) {
          return function noted(request) {
            order.push(namespace);
            return next(request);
          };
        },
    });
  const extra_config = {
    'example/second': {},
    'example/first': {},
    'security/bot-detector': { deny: ['bad'] },
  };
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/x',
          extra_config,
          backend: [{ host: ['http://a'], url_pattern: '/a' }],
        },
      ],
    },
    { components: [note('example/first'), note('example/second')], backends: { 'a/a': {} } },
  );
  await gateway.call({ url: '/x' });
  expect(order).toEqual(['example/first', 'example/second']);
  expect((await gateway.call({ url: '/x', headers: { 'User-Agent': 'bad' } })).status).toBe(403);
  expect(order).toHaveLength(2);
});

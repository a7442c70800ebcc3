import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Component, defineComponent } from '../../lib/components/component.js';
import { guardComponent, guardTransport } from '../../lib/components/guard.js';
import { ConfigError, RejectedError } from '../../lib/errors.js';
import { createLifecycle } from '../../lib/lifecycle.js';
import { resolveOptions } from '../../lib/options.js';
import type { Middleware, Policy, RequestHandler, RequestHead } from '../../lib/proxy.js';
import { createTestGateway } from '../../lib/testing/index.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import type { Transport } from '../../lib/transport/transport.js';
import { componentScope } from '../support/component-scope.js';
import { backendRequest } from '../support/requests.js';
import { answerOf, backendAnswer } from '../support/transport.js';

type Hook = 'policy' | 'service' | 'admit' | 'endpoint' | 'client' | 'backend' | 'transport';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A component of a user's with one hook. */
function pluginWith(hook: Hook, make: () => unknown): Component {
  return { namespace: 'test/plugin', schema: z.unknown(), [hook]: make } as Component;
}

/** Two backends, the first of which (or the endpoint, or the gateway) has the component. */
async function callWith(hook: Hook, make: () => unknown) {
  const error = vi.fn();
  const quiet = vi.fn();
  const extra_config = { 'test/plugin': {} };
  const gateway = createTestGateway(
    {
      ...((hook === 'service' || hook === 'policy') && { extra_config }),
      endpoints: [
        {
          endpoint: '/x',
          ...((hook === 'endpoint' || hook === 'admit') && { extra_config }),
          backend: [
            {
              host: ['http://a'],
              url_pattern: '/a',
              ...((hook === 'client' || hook === 'backend' || hook === 'transport') && { extra_config }),
            },
            { host: ['http://b'], url_pattern: '/b' },
          ],
        },
      ],
    },
    {
      backends: { 'a/a': { a: 1 }, 'b/b': { b: 1 } },
      components: [pluginWith(hook, make)],
      logger: { debug: quiet, info: quiet, warn: quiet, error },
    },
  );
  const call = gateway.call({ url: '/x' });
  await vi.advanceTimersByTimeAsync(2000);
  const { status, body, headers, isCut, trace } = await call;
  await gateway.close();
  return { status, body, completed: headers['x-krakend-completed'], isCut, errors: error.mock.calls, trace };
}

const BAD_LAYERS: [string, Middleware][] = [
  ['throws', () => () => raise()],
  ['rejects', () => () => Promise.reject(new Error('canary'))],
  ['never settles', () => () => new Promise(() => {})],
  ['gives back nothing', () => (() => undefined) as never],
  ['gives back nothing later', () => (async () => undefined) as never],
  ['gives back a text', () => (async () => 'canary') as never],
  ['gives back an object that is no answer', () => (async () => ({ data: 'canary' })) as never],
  ['gives back an answer without metadata', () => (async () => ({ data: {}, isComplete: true })) as never],
];
function raise(error = new Error('canary')): never {
  throw error;
}

describe('E03 a backend layer that', () => {
  test.each(BAD_LAYERS)('%s costs its backend only', async (_title, layer) => {
    for (const hook of ['client', 'backend'] as const) {
      const { status, body, completed, trace } = await callWith(hook, () => layer);
      expect({ status, body, completed }).toEqual({ status: 200, body: { b: 1 }, completed: 'false' });
      expect(trace.at(-1)).toMatchObject({ at: 'endpoints[0].backend[1]', contributed: { b: 1 } });
    }
  });
});

describe('E03 a transport layer that', () => {
  test.each([
    ...BAD_LAYERS.slice(0, 6),
    ['gives back no body', () => async () => ({ status: 200, headers: {} })],
    ['gives back a text as its body', () => async () => ({ status: 200, headers: {}, body: 'x' })],
    ['gives back a status that is none', () => async () => ({ status: '200', headers: {}, body: Buffer.alloc(0) })],
  ] as [string, never][])('%s costs its backend only', async (_title, layer) => {
    expect(await callWith('transport', () => layer)).toMatchObject({ status: 200, body: { b: 1 }, completed: 'false' });
  });
});

describe('E03 an endpoint layer that', () => {
  test.each(BAD_LAYERS)('%s costs the request: 500, and nothing of it for the client', async (_title, layer) => {
    const { status, body, errors } = await callWith('endpoint', () => layer);
    expect({ status, body }).toEqual({ status: 500, body: undefined });
    expect(errors).toHaveLength(1);
  });

  test('turns away is taken at its word', async () => {
    const { status } = await callWith('endpoint', () => () => () => Promise.reject(new RejectedError(451, 'no')));
    expect(status).toBe(451);
  });
});

/** As libraries of promises make them. */
function foreignPromise(value: unknown): object {
  return Object.defineProperty({}, 'then', { value: (done: (settled: unknown) => void) => done(value) });
}

describe('E03 who decides whether a request is let in and', () => {
  const rejected = new RejectedError(451, 'no');
  test.each<[string, (head: RequestHead) => unknown, number]>([
    ['throws', () => raise(), 500],
    ['rejects', () => Promise.reject(new Error('canary')), 500],
    ['never settles', () => new Promise(() => {}), 500],
    ['gives back false', () => false, 500],
    ['gives back true', () => true, 500],
    ['gives back null', () => null, 500],
    ['gives back a text', () => 'canary', 500],
    ['gives back an error that is no rejection', () => new Error('canary'), 500],
    ['gives back a list', () => ['canary'], 500],
    ['gives back headers that are no texts', () => ({ 'x-a': 1 }), 500],
    ['gives back any of that later', async () => false, 500],
    ['turns away', () => rejected, 451],
    ['turns away later', async () => rejected, 451],
    ['turns away by throwing', () => raise(rejected), 451],
    ['turns away by a promise of another kind', () => foreignPromise(rejected), 451],
    ['lets in', () => undefined, 200],
    ['lets in later', async () => undefined, 200],
    ['lets in with headers', () => ({ 'x-a': '1' }), 200],
    ['lets in with a header called head', () => ({ head: '1' }), 200],
    ['lets in with another head', (head) => ({ head: { ...head, user: {} }, headers: { 'x-a': '1' } }), 200],
    ['gives back a head that is none', () => ({ head: null }), 500],
    ['gives back half a head', ({ client: _, ...head }) => ({ head }), 500],
    ['gives back a head whose params are no texts', (head) => ({ head: { ...head, params: { id: 7 } } }), 500],
    ['gives back a head beside junk', (head) => ({ head, headers: { 'x-a': 1 } }), 500],
  ])('%s: %#', async (_title, admit, expected) => {
    const { status, body, errors, trace } = await callWith('admit', () => admit);
    expect(status).toBe(expected);
    if (expected !== 200) expect({ body, trace }).toEqual({ body: undefined, trace: [] });
    expect(errors).toHaveLength(expected === 500 ? 1 : 0);
  });
});

describe('E03 a service handler that', () => {
  const handlers: [string, RequestHandler, number][] = [
    ['throws', () => raise(), 500],
    ['rejects', (() => Promise.reject(new Error('canary'))) as unknown as RequestHandler, 500],
    ['goes on', (_request, _response, next) => next(), 200],
    ['goes on later', (_request, _response, next) => void setTimeout(next, 10), 200],
    ['answers itself', (_request, response) => void response.writeHead(204).end(), 204],
  ];
  test.each(handlers)('%s is answered', async (_title, handler, expected) => {
    const { status, body, errors } = await callWith('service', () => handler);
    expect(status).toBe(expected);
    if (expected === 500) expect(body).toBeUndefined();
    expect(errors).toHaveLength(expected === 500 ? 1 : 0);
  });

  test('breaks in the middle of an answer cuts it off', async () => {
    const { isCut } = await callWith('service', () => (_request: unknown, response: ServerResponse) => {
      response.write('half');
      raise();
    });
    expect(isCut).toBe(true);
  });
});

describe('E03 a policy that', () => {
  const policies: [string, Partial<Policy>, number][] = [
    ['throws', { apply: () => raise() }, 500],
    ['throws at a preflight only', { apply: () => false, preflight: () => raise() }, 200],
    ['gives back nothing', { apply: (() => undefined) as never }, 200],
    ['gives back a promise', { apply: (async () => true) as never }, 200],
    ['answers itself', { apply: (_request, response) => !response.writeHead(204).end().destroyed }, 204],
  ];
  test.each(policies)('%s is answered', async (_title, policy, expected) => {
    const { status, errors } = await callWith('policy', () => ({ owns: [], ...policy }));
    expect(status).toBe(expected);
    expect(errors).toHaveLength(expected === 500 ? 1 : 0);
  });

  test('keeps its own this', async () => {
    const policy = {
      owns: [],
      status: 204,
      apply(_request: unknown, response: ServerResponse) {
        response.writeHead(this.status).end();
        return true;
      },
    };
    expect(await callWith('policy', () => policy)).toMatchObject({ status: 204 });
  });

  test('is none is refused at start', async () => {
    for (const junk of [
      'text',
      7,
      {},
      () => {},
      { owns: [] },
      { apply() {} },
      { owns: [], apply() {}, preflight: 1 },
    ]) {
      await expect(callWith('policy', () => junk)).rejects.toThrow('must give back a policy or nothing');
    }
    expect(await callWith('policy', () => undefined)).toMatchObject({ status: 200 });
  });
});

describe('E03 at start', () => {
  test.each(['service', 'admit', 'endpoint', 'client', 'backend', 'transport'] as const)(
    'a %s hook that gives back no function is refused',
    async (hook) => {
      for (const junk of ['text', 7, {}, Promise.resolve()]) {
        await expect(callWith(hook, () => junk)).rejects.toThrow(ConfigError);
      }
    },
  );

  test.each(['endpoint', 'client', 'backend', 'transport'] as const)('so is a %s layer', async (hook) => {
    await expect(callWith(hook, () => () => 'text')).rejects.toThrow(
      'a hook of "test/plugin" must give back a function',
    );
  });

  test('a hook may have nothing to do', async () => {
    expect(await callWith('backend', () => undefined)).toMatchObject({ status: 200, completed: 'true' });
  });
});

describe('a guarded component', () => {
  test('is still all that it declares', () => {
    const component = defineComponent({
      namespace: 'test/plugin',
      aliases: ['github.com/test/plugin'],
      schema: z.strictObject({}),
      replacesWire: true,
      check: () => [{ path: [], message: 'no' }],
      transport: () => undefined,
    });
    const guarded = guardComponent(component as Component);
    const { namespace, aliases, schema, replacesWire } = component;
    expect(guarded).toMatchObject({ transport: expect.any(Function) });
    expect(guarded.namespace).toBe(namespace);
    expect(guarded.aliases).toBe(aliases);
    expect(guarded.schema).toBe(schema);
    expect(guarded.replacesWire).toBe(replacesWire);
    expect(guarded.check?.({}, { ...componentScope(), scope: 'backend' })).toEqual([{ path: [], message: 'no' }]);
    for (const hook of ['service', 'admit', 'endpoint', 'client', 'backend'] as const)
      expect(guarded[hook]).toBeUndefined();
  });

  test('may be an instance of a class with fields of its own', async () => {
    class Plugin {
      readonly namespace = 'test/plugin';
      readonly schema = z.unknown();
      readonly #mark = 'marked';
      backend(): Middleware {
        const mark = this.#mark;
        return (next) => async (request) => ({ ...(await next(request)), data: { mark } });
      }
      addsParams(): boolean {
        return this.#mark === 'marked';
      }
    }
    const guarded = guardComponent(new Plugin() as unknown as Component);
    const layer = guarded.backend?.({}, componentScope());
    expect((await layer?.(async () => answerOf({}))(backendRequest()))?.data).toEqual({ mark: 'marked' });
    expect(guarded.addsParams?.({}, 'backend')).toBe(true);
  });
});

describe('a guarded transport', () => {
  test('hands good answers on as they are', async () => {
    for (const body of [Buffer.from('x'), Readable.from(['x'])]) {
      const answer = { ...backendAnswer(''), body };
      expect(await guardTransport('options.transport', async () => answer)(backendRequest())).toBe(answer);
    }
  });

  test.each<[string, Transport]>([
    ['throws', () => raise()],
    ['gives back nothing', (() => undefined) as never],
    ['gives back junk', (async () => ({ status: 200 })) as never],
  ])('E03 that %s rejects', async (_title, transport) => {
    await expect(guardTransport('options.transport', transport)(backendRequest())).rejects.toThrow();
  });

  test('E03 is what options.transport becomes', async () => {
    const lifecycle = createLifecycle(
      {
        extra_config: { router: { return_error_msg: true } },
        endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'] }] }],
      },
      resolveOptions({ transport: (async () => 'junk') as never, errors: 'json' }),
      () => ({ transportFor: () => raise(), close: () => Promise.resolve() }),
    );
    const { request, response, closed, received } = createMemoryExchange({ url: '/x' });
    lifecycle.handle(request, response);
    await closed;
    expect(received().bytes.toString()).toContain('\\"options.transport\\" gave back something that is no answer');
    await lifecycle.close();
  });
});

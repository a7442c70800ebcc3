import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { js, type RequestFunction, type ResponseFunction, type WhenFunction } from '../../lib/components/js.js';
import { ConfigError, RejectedError } from '../../lib/errors.js';
import { createTestGateway, failure, type TestGatewayOptions } from '../../lib/testing/index.js';
import { describeComponent } from '../contracts/component.js';
import { componentScope } from '../support/component-scope.js';

const noop: ResponseFunction = () => undefined;
describeComponent({
  component: js,
  valid: { request: 'noop', response: 'noop' },
  invalid: [{ request: 'missing' }, { response: '' }, { request: 7 }],
  scope: componentScope({ functions: new Map([['noop', noop]]) }),
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Functions = NonNullable<TestGatewayOptions['functions']>;

/** Two backends; functions named `endpoint*` stand at the endpoint, the others at the first backend. */
async function callWith(functions: Functions, init: { fails?: boolean } = {}) {
  const names = Object.keys(functions);
  function optionsOf(level: 'endpoint' | 'backend') {
    const own = names
      .filter((name) => name.startsWith(level))
      .map((name) => [name.slice(level.length).toLowerCase(), name]);
    return own.length === 0 ? {} : { 'modifier/js': Object.fromEntries(own) };
  }
  const gateway = createTestGateway(
    {
      timeout: '1s',
      endpoints: [
        {
          endpoint: '/x/{id}',
          extra_config: optionsOf('endpoint'),
          backend: [
            { host: ['http://a'], url_pattern: '/a/{id}', extra_config: optionsOf('backend') },
            { host: ['http://b'], url_pattern: '/b' },
          ],
        },
      ],
    },
    { functions, statuses: 'http', backends: { 'a/*': init.fails ? failure('refused') : { a: 1 }, 'b/b': { b: 1 } } },
  );
  const call = gateway.call({ url: '/x/7' });
  await vi.advanceTimersByTimeAsync(1000);
  const { status, body, headers, trace } = await call;
  return { status, body, completed: headers['x-krakend-completed'], trace };
}

describe('U06 a placeholder {JWT.sub}', () => {
  const functions = { noop, fill: () => ({ params: { 'JWT.sub': '7' } }) };
  function create(endpoint: object, backend: object) {
    const part = (options: object) => ({ extra_config: { 'modifier/js': options } });
    const backends = [{ host: ['http://a'], url_pattern: '/users/{JWT.sub}', ...part(backend) }];
    const endpoints = [{ endpoint: '/me', ...part(endpoint), backend: backends }];
    return createTestGateway({ endpoints }, { functions, backends: { 'a/users/7': { id: 7 } } });
  }

  test('is filled by the request function of the endpoint', async () => {
    const { body } = await create({ request: 'fill' }, { response: 'noop' }).call({ url: '/me' });
    expect(body).toEqual({ id: 7 });
  });

  test.each([
    ['a backend, which runs too late', { response: 'noop' }, { request: 'fill' }],
    ['an endpoint that has no request function', { response: 'noop' }, { when: 'noop' }],
  ])('is refused at start beside a function of %s', (_title, endpoint, backend) => {
    expect(() => create(endpoint, backend)).toThrow(/uses \{JWT\.sub\}/);
  });
});

describe('request', () => {
  test('of an endpoint changes what every backend gets', async () => {
    const change: RequestFunction = ({ params }) => ({ params: { ...params, id: '8' }, headers: { 'X-Tenant': 't' } });
    const { trace } = await callWith({ endpointRequest: change });
    expect(trace[0]?.calls).toMatchObject([{ url: 'http://a/a/8', headers: { 'x-tenant': 't' } }]);
    expect(trace[1]?.calls).toMatchObject([{ headers: { 'x-tenant': 't' } }]);
  });

  test('of a backend sees its URL and changes its call alone', async () => {
    const change = vi.fn(async ({ url }: { url: string }) => ({ url: `${url}?signed=1` }));
    const { trace } = await callWith({ backendRequest: change });
    expect(trace[0]?.calls).toMatchObject([{ url: 'http://a/a/7?signed=1' }]);
    expect(trace[1]?.calls).toMatchObject([{ url: 'http://b/b' }]);
  });

  test('U06 a value that cannot stand in a URL fails the backend, as one of a client would', async () => {
    const change: RequestFunction = () => ({ params: { id: '../admin' } });
    const { body, trace } = await callWith({ endpointRequest: change });
    expect(body).toEqual({ b: 1 });
    expect(trace[0]).toMatchObject({ calls: [], error: { code: 'ERR_BACKEND_URL' } });
  });
});

describe('response', () => {
  test('of an endpoint changes the merged document', async () => {
    const change: ResponseFunction = ({ data }) => ({ data: { ...data, total: 2 } });
    expect(await callWith({ endpointResponse: change })).toMatchObject({
      body: { a: 1, b: 1, total: 2 },
      completed: 'true',
    });
  });

  test('of a backend changes its part, and may call it incomplete', async () => {
    const change: ResponseFunction = () => ({ data: { changed: 1 }, isComplete: false });
    expect(await callWith({ backendResponse: change })).toMatchObject({
      body: { changed: 1, b: 1 },
      completed: 'false',
    });
  });

  test('is not asked about failures', async () => {
    const change = vi.fn();
    await callWith({ backendResponse: change }, { fails: true });
    expect(change).not.toHaveBeenCalled();
  });
});

describe('when', () => {
  test('decides whether the backend is called; one that is left out is not missing', async () => {
    const isWanted: WhenFunction = ({ params }) => params['id'] === '7';
    expect(await callWith({ backendWhen: isWanted })).toMatchObject({ body: { a: 1, b: 1 }, completed: 'true' });
    const isUnwanted: WhenFunction = async () => false;
    const { body, completed, trace } = await callWith({ backendWhen: isUnwanted });
    expect({ body, completed }).toEqual({ body: { b: 1 }, completed: 'true' });
    expect(trace[0]?.calls).toEqual([]);
  });

  test('M03 an answer that is neither true nor false fails the backend: it must not be left out unnoticed', async () => {
    for (const answer of [undefined, null, 0, 'yes', {}]) {
      const { body, completed, trace } = await callWith({ backendWhen: () => answer });
      expect({ body, completed }).toEqual({ body: { b: 1 }, completed: 'false' });
      expect(trace[0]?.error).toMatchObject({ code: 'ERR_FUNCTION' });
    }
  });

  test('G01 decides about backends only', async () => {
    await expect(callWith({ endpointWhen: () => true })).rejects.toThrow('decides about a backend; move it there');
  });
});

describe('E03 a function that', () => {
  const BROKEN: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('canary');
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary'))],
    ['gives back a text', () => 'canary'],
    ['gives back a list', () => ['canary']],
    ['gives back null', () => null],
  ];

  test.each(BROKEN)('%s fails its backend, by name', async (_title, broken) => {
    for (const name of ['backendRequest', 'backendResponse', 'backendWhen']) {
      const { status, body, trace } = await callWith({ [name]: broken });
      expect({ status, body }).toEqual({ status: 200, body: { b: 1 } });
      expect(trace[0]?.error).toMatchObject({ code: 'ERR_FUNCTION', message: expect.stringContaining(`"${name}"`) });
      expect(trace[0]?.error?.message).not.toContain('canary');
    }
  });

  test.each(BROKEN)('%s fails the endpoint', async (_title, broken) => {
    for (const name of ['endpointRequest', 'endpointResponse']) {
      expect(await callWith({ [name]: broken })).toMatchObject({ status: 500, body: undefined });
    }
  });

  test.each([
    ['data that is no document', { data: ['canary'] }],
    ['data that is a text', { data: 'canary' }],
    ['a marker that is none', { isComplete: 'yes' }],
    ['metadata without headers', { metadata: { status: 200 } }],
  ])('gives back %s fails its backend', async (_title, changes) => {
    const { body, trace } = await callWith({ backendResponse: () => changes });
    expect(body).toEqual({ b: 1 });
    expect(trace[0]?.error?.code).toBe('ERR_FUNCTION');
  });

  test('never settles is stopped by the deadline', async () => {
    const stuck = () => new Promise(() => {});
    expect(await callWith({ backendRequest: stuck })).toMatchObject({ body: { b: 1 }, completed: 'false' });
    expect(await callWith({ endpointResponse: stuck })).toMatchObject({ status: 504 });
  });

  test('throws an error of ours means it', async () => {
    const reject = () => {
      throw new RejectedError(451, 'not for you');
    };
    expect((await callWith({ endpointRequest: reject })).status).toBe(451);
  });
});

test('G01 a function that is not there is refused at start', () => {
  const config = {
    endpoints: [
      { endpoint: '/x', extra_config: { 'modifier/js': { response: 'missing' } }, backend: [{ host: ['http://a'] }] },
    ],
  };
  expect(() => createTestGateway(config, { backends: {} })).toThrow(ConfigError);
  expect(() => createTestGateway(config, { backends: {} })).toThrow('there is no "missing" in options.functions');
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTestGateway, failure, type TestGateway, type TestGatewayOptions } from '../../../lib/testing/index.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

let calls = 0;
beforeEach(() => {
  calls = 0;
});

interface Setup {
  readonly limit: object;
  readonly backend?: object;
  readonly others?: readonly object[];
  readonly options?: Omit<TestGatewayOptions, 'backends'>;
  readonly answer?: unknown;
}

function start({ limit, backend = {}, others = [], options = {}, answer = { id: 1 } }: Setup): TestGateway {
  const { extra_config = {}, ...rest } = backend as { extra_config?: object };
  return createTestGateway(
    {
      host: ['http://users'],
      endpoints: [
        {
          endpoint: '/users',
          backend: [
            { url_pattern: '/users', ...rest, extra_config: { 'qos/ratelimit/proxy': limit, ...extra_config } },
            ...others,
          ],
        },
      ],
    } as Parameters<typeof createTestGateway>[0],
    {
      ...options,
      backends: {
        'users/users': () => {
          calls++;
          return answer;
        },
        'users/*': { other: true },
      },
    },
  );
}

async function ask(gateway: TestGateway) {
  const pending = gateway.call({ url: '/users' });
  await vi.advanceTimersByTimeAsync(0);
  const { status, headers, body, trace } = await pending;
  return {
    status,
    body,
    code: trace[0]?.error?.code,
    retryAfter: headers['retry-after'],
    completed: headers['x-krakend-completed'],
  };
}

test('a call that is one too many fails as any other failure of the backend', async () => {
  const gateway = start({ limit: { max_rate: 2 } });
  expect([(await ask(gateway)).status, (await ask(gateway)).status]).toEqual([200, 200]);
  expect(await ask(gateway)).toEqual({
    status: 500,
    body: undefined,
    code: 'ERR_BACKEND_LIMIT',
    retryAfter: undefined,
    completed: 'false',
  });
  expect(calls).toBe(2);
  await vi.advanceTimersByTimeAsync(500);
  expect((await ask(gateway)).status).toBe(200);
});

test('beside others the answer is partial', async () => {
  const gateway = start({ limit: { max_rate: 1 }, others: [{ url_pattern: '/other' }] });
  await ask(gateway);
  expect(await ask(gateway)).toMatchObject({ status: 200, completed: 'false', body: { other: true } });
});

test('statuses http says 503 and when to come back', async () => {
  const gateway = start({ limit: { max_rate: 6, every: '1m', capacity: 1 }, options: { statuses: 'http' } });
  await ask(gateway);
  expect(await ask(gateway)).toMatchObject({ status: 503, retryAfter: '10' });
});

test('one bucket for all clients', async () => {
  const gateway = start({ limit: { max_rate: 1 } });
  expect((await gateway.call({ url: '/users', ip: '192.0.2.1' })).status).toBe(200);
  expect((await gateway.call({ url: '/users', ip: '192.0.2.2' })).status).toBe(500);
});

describe('and the circuit breaker', () => {
  const breaker = { extra_config: { 'qos/circuit-breaker': { max_errors: 0, timeout: 10 } } };

  test('C02 what the limit turns away does not open it', async () => {
    const gateway = start({ limit: { max_rate: 1 }, backend: breaker });
    await ask(gateway);
    for (let count = 0; count < 20; count++) expect((await ask(gateway)).code).toBe('ERR_BACKEND_LIMIT');
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await ask(gateway)).status).toBe(200);
  });

  test('an open one takes no tokens', async () => {
    const gateway = start({ limit: { max_rate: 0.001, capacity: 2 }, backend: breaker, answer: failure('refused') });
    await ask(gateway);
    for (let count = 0; count < 20; count++) expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await ask(gateway)).code).toBe('ERR_BACKEND_CONNECTION');
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await ask(gateway)).code).toBe('ERR_BACKEND_LIMIT');
  });

  test('C02 a probe that the limit turns away gives its place to the next', async () => {
    const gateway = start({ limit: { max_rate: 0.05, capacity: 1 }, backend: breaker, answer: failure('refused') });
    await ask(gateway);
    await vi.advanceTimersByTimeAsync(10_000);
    for (let count = 0; count < 5; count++) expect((await ask(gateway)).code).toBe('ERR_BACKEND_LIMIT');
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await ask(gateway)).code).toBe('ERR_BACKEND_CONNECTION');
  });
});

test('each copy of a call takes a token of its own', async () => {
  const gateway = start({ limit: { max_rate: 2 }, backend: { concurrent_calls: 3 } });
  expect((await ask(gateway)).status).toBe(200);
  expect(calls).toBe(2);
});

describe('with a store', () => {
  function withStore(take: () => Promise<unknown>, onError = 'deny') {
    return start({
      limit: { max_rate: 5, store: 'shared', on_store_error: onError },
      options: { stores: { shared: { take } } },
    });
  }
  const decision = { remaining: 0, retryAfter: 1_000, reset: 1_000 };

  test('it is waited for', async () => {
    expect((await ask(withStore(async () => ({ ...decision, isAllowed: true })))).status).toBe(200);
    expect((await ask(withStore(async () => ({ ...decision, isAllowed: false })))).code).toBe('ERR_BACKEND_LIMIT');
  });

  test('on_store_error decides when it fails', async () => {
    const fail = () => Promise.reject(new Error('down'));
    expect((await ask(withStore(fail))).code).toBe('ERR_BACKEND_LIMIT');
    expect((await ask(withStore(fail, 'allow'))).status).toBe(200);
  });
});

describe('the configuration', () => {
  test('of KrakenD 1.3 is taken; capacity need not be given', async () => {
    const gateway = start({
      limit: { max_rate: 0 },
      others: [
        {
          url_pattern: '/users',
          extra_config: { 'github.com/devopsfaith/krakend-ratelimit/juju/proxy': { maxRate: 1, capacity: 1 } },
        },
      ],
    });
    await ask(gateway);
    expect(calls).toBe(2);
    await ask(gateway);
    expect(calls).toBe(3);
  });

  test('a limit of 0 is none', async () => {
    const gateway = start({ limit: { max_rate: 0 } });
    for (let count = 0; count < 20; count++) expect((await ask(gateway)).status).toBe(200);
  });

  test.each([
    [{}, 'max_rate'],
    [{ max_rate: '10' }, 'max_rate'],
    [{ max_rate: -1 }, 'max_rate'],
    [{ max_rate: 1, every: 60 }, 'every'],
    [{ max_rate: 1, strategy: 'ip' }, 'strategy'],
    [{ max_rate: 1, store: 'redis' }, 'store'],
  ])('G03 %o is refused at its place', (limit, place) => {
    expect(() => start({ limit })).toThrow(`endpoints[0].backend[0].extra_config["qos/ratelimit/proxy"].${place}: `);
  });
});

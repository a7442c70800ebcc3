import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/components/circuit-breaker.js';
import type { BackendScope } from '../../lib/components/component.js';
import { createKeep } from '../../lib/core/reload-state.js';
import { watchUpload } from '../../lib/core/upload.js';
import { BackendError, ConfigError, EndpointError } from '../../lib/errors.js';
import { silentLogger } from '../../lib/logger.js';
import { type BackendRequest, NO_HEADERS, type Proxy, type ProxyResponse } from '../../lib/proxy.js';
import {
  createTestGateway,
  failure,
  reply,
  type TestGateway,
  type TestGatewayOptions,
} from '../../lib/testing/index.js';
import { backendRequest } from '../support/requests.js';

type Config = Parameters<typeof createTestGateway>[0];
type Settings = Record<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What the backend does now, and how often it was called. */
const users = { answer: undefined as unknown, calls: 0 };
beforeEach(() => {
  users.answer = { id: 1 };
  users.calls = 0;
});

function withBreaker(settings: Settings, backend: object = {}, endpoint: object = {}): Config {
  return {
    host: ['http://users'],
    timeout: '1s',
    endpoints: [
      {
        endpoint: '/users',
        ...endpoint,
        backend: [{ url_pattern: '/users', extra_config: { 'qos/circuit-breaker': settings as object }, ...backend }],
      },
    ],
  };
}

function start(config: Config, options: Omit<TestGatewayOptions, 'backends'> = {}): TestGateway {
  return createTestGateway(config, {
    ...options,
    backends: {
      'users/*': () => {
        users.calls++;
        return users.answer;
      },
    },
  });
}

async function ask(gateway: TestGateway, init: { signal?: AbortSignal; url?: string } = {}) {
  const pending = gateway.call({ url: '/users', ...init });
  let isOver = false;
  pending.finally(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  while (!isOver) await vi.advanceTimersByTimeAsync(1);
  const { status, headers, trace } = await pending;
  return { status, retryAfter: headers['retry-after'], code: trace[0]?.error?.code };
}

/** A client that leaves while the backend keeps silent. */
async function askAndLeave(gateway: TestGateway): Promise<void> {
  const client = new AbortController();
  const pending = gateway.call({ url: '/users', signal: client.signal });
  await vi.advanceTimersByTimeAsync(0);
  client.abort();
  await pending;
}

function issuesOf(settings: Settings): unknown {
  try {
    start(withBreaker(settings));
  } catch (error) {
    return (error as ConfigError).issues;
  }
  return [];
}

describe('what counts', () => {
  const ok = { code: undefined, status: 200 };
  test.each([
    ['a refused connection', () => failure('refused'), 'ERR_BACKEND_CONNECTION'],
    ['a connection that breaks', () => failure('reset'), 'ERR_BACKEND_CONNECTION'],
    ['a status that is no success', () => reply({ status: 500 }), 'ERR_BACKEND_STATUS'],
    ['a body that cannot be decoded', () => reply({ body: '{' }), 'ERR_BACKEND_DECODE'],
    ['silence until the deadline', () => failure('silent'), 'ERR_BACKEND_TIMEOUT'],
  ])('C02 %s', async (_what, answer, code) => {
    const gateway = start(withBreaker({ max_errors: 1, timeout: 10 }));
    users.answer = answer();
    expect((await ask(gateway)).code).toBe(code);
    expect((await ask(gateway)).code).toBe(code);
    expect(await ask(gateway)).toMatchObject({ code: 'ERR_BREAKER_OPEN', status: 500 });
    expect(users.calls).toBe(2);
  });

  test('C02 clients that leave do not', async () => {
    const gateway = start(withBreaker({ max_errors: 0, timeout: 10 }));
    users.answer = failure('silent');
    for (let count = 0; count < 100; count++) await askAndLeave(gateway);
    users.answer = { id: 1 };
    expect(await ask(gateway)).toMatchObject(ok);
    expect(users.calls).toBe(101);
  });

  test('C02 calls turned away on our side do not', async () => {
    const config = withBreaker({ max_errors: 0, timeout: 10 }, { max_pending: 1 });
    const gateway = start(config);
    users.answer = reply({ body: { id: 1 }, delay: 100 });
    const slow = gateway.call({ url: '/users' });
    await vi.advanceTimersByTimeAsync(0);
    expect(await ask(gateway)).toMatchObject({ code: 'ERR_OVERLOADED' });
    await vi.advanceTimersByTimeAsync(100);
    expect((await slow).status).toBe(200);
    expect(await ask(gateway)).toMatchObject(ok);
  });

  test('C02 a call that was ended because a required sibling failed does not', async () => {
    const config = withBreaker({ max_errors: 0, timeout: 10 });
    const sibling = { url_pattern: '/broken', host: ['http://broken'], required: true, timeout: '100ms' } as const;
    const [endpoint] = config.endpoints ?? [];
    const gateway = createTestGateway(
      {
        ...config,
        endpoints: [endpoint!, { ...endpoint!, endpoint: '/both', backend: [...endpoint!.backend, sibling] }],
      },
      { backends: { 'users/users': () => users.answer, 'broken/broken': failure('silent') } },
    );
    users.answer = failure('silent');
    expect(await ask(gateway, { url: '/both' })).toMatchObject({ status: 500 });
    users.answer = { id: 1 };
    expect(await ask(gateway, { url: '/both' })).toMatchObject({ code: undefined });
  });

  test('C02 a component inside it that breaks does not', async () => {
    const config = withBreaker({ max_errors: 0, timeout: 10 });
    const [endpoint] = config.endpoints ?? [];
    const [backend] = endpoint!.backend;
    const extra = { ...backend!.extra_config, 'modifier/js': { request: 'explode' } };
    const gateway = start(
      { ...config, endpoints: [{ ...endpoint!, backend: [{ ...backend!, extra_config: extra }] }] },
      {
        functions: {
          explode() {
            throw new Error('no');
          },
        },
      },
    );
    expect(await ask(gateway)).toMatchObject({ code: 'ERR_FUNCTION' });
    expect(await ask(gateway)).toMatchObject({ code: 'ERR_FUNCTION' });
  });

  test('failures hidden by return_error_details do not, as in KrakenD, unless failure_status says so', async () => {
    const hidden = { 'backend/http': { return_error_details: 'users' } };
    users.answer = reply({ status: 503 });
    for (const [settings, calls] of [
      [{ max_errors: 0, timeout: 10 }, 3],
      [{ max_errors: 0, timeout: 10, failure_status: [503] }, 1],
    ] as const) {
      users.calls = 0;
      const gateway = start(withBreaker({}, { extra_config: { ...hidden, 'qos/circuit-breaker': settings } }));
      for (let count = 0; count < 3; count++) await ask(gateway);
      expect(users.calls).toBe(calls);
    }
  });

  test('with failure_status, the statuses it names and no others', async () => {
    const gateway = start(withBreaker({ max_errors: 1, timeout: 10, failure_status: [500, 503] }));
    users.answer = reply({ status: 404 });
    for (let count = 0; count < 5; count++) expect((await ask(gateway)).code).toBe('ERR_BACKEND_STATUS');
    users.answer = reply({ status: 503 });
    await ask(gateway);
    users.answer = failure('refused');
    await ask(gateway);
    expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
  });

  test.each([
    ['cuts', true, 'ERR_BREAKER_OPEN'],
    ['ends', false, undefined],
  ])('a stream counts as what becomes of it: the backend %s it', async (_what, isCut, code) => {
    async function* parts() {
      yield Buffer.from('half');
      if (isCut) throw new Error('reset');
    }
    const gateway = start(withBreaker({ max_errors: 1, timeout: 10 }, {}, { output_encoding: 'no-op' }));
    for (let count = 0; count < 2; count++) {
      users.answer = reply({ body: Readable.from(parts()) });
      expect((await ask(gateway)).code).toBeUndefined();
    }
    users.answer = reply({ body: 'whole' });
    expect((await ask(gateway)).code).toBe(code);
  });

  test('the head of a stream is what a probe waits for', async () => {
    const gateway = start(withBreaker({ max_errors: 0, timeout: 10 }, {}, { output_encoding: 'no-op' }));
    users.answer = failure('refused');
    await ask(gateway);
    await vi.advanceTimersByTimeAsync(10_000);
    const body = new Readable({ read() {} });
    body.push('event');
    users.answer = reply({ body });
    const probe = gateway.call({ url: '/users' });
    await vi.advanceTimersByTimeAsync(1);
    users.answer = reply({ body: 'whole' });
    expect((await ask(gateway)).code).toBeUndefined();
    body.push(null);
    await vi.advanceTimersByTimeAsync(1);
    expect((await probe).body).toBe('event');
  });

  test('no-op answers count by failure_status only', async () => {
    users.answer = reply({ status: 503 });
    for (const [settings, last] of [
      [{ max_errors: 0, timeout: 10 }, 503],
      [{ max_errors: 0, timeout: 10, failure_status: [503] }, 500],
    ] as const) {
      const gateway = start(withBreaker(settings, {}, { output_encoding: 'no-op' }));
      expect((await ask(gateway)).status).toBe(503);
      expect((await ask(gateway)).status).toBe(last);
    }
  });

  test('a failing status counts at once, though its stream goes on', async () => {
    const settings = { max_errors: 0, timeout: 10, failure_status: [503] };
    const gateway = start(withBreaker(settings, {}, { output_encoding: 'no-op' }));
    const body = new Readable({ read() {} });
    users.answer = reply({ status: 503, body });
    const running = gateway.call({ url: '/users' });
    await vi.advanceTimersByTimeAsync(1);
    expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
    body.push(null);
    await vi.advanceTimersByTimeAsync(1);
    await running;
  });

  test('failures within the interval and no longer', async () => {
    const gateway = start(withBreaker({ max_errors: 1, interval: 5 }));
    users.answer = failure('refused');
    await ask(gateway);
    await vi.advanceTimersByTimeAsync(5_000);
    await ask(gateway);
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await ask(gateway)).code).toBe('ERR_BACKEND_CONNECTION');
    expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
  });
});

describe('while it is open', () => {
  async function open(settings: Settings = {}, options: Omit<TestGatewayOptions, 'backends'> = {}) {
    const gateway = start(withBreaker({ max_errors: 0, timeout: 10, ...settings }), options);
    users.answer = failure('refused');
    await ask(gateway);
    users.calls = 0;
    return gateway;
  }

  test('the backend is not called, and the failure is an ordinary one', async () => {
    const gateway = await open();
    users.answer = { id: 1 };
    for (let count = 0; count < 20; count++) {
      expect(await ask(gateway)).toEqual({ status: 500, code: 'ERR_BREAKER_OPEN', retryAfter: undefined });
    }
    expect(users.calls).toBe(0);
  });

  test('statuses http says 503 and when to come back', async () => {
    const gateway = await open({}, { statuses: 'http' });
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await ask(gateway)).toMatchObject({ status: 503, retryAfter: '8' });
  });

  test('of several backends, the first that can be asked again says when', async () => {
    const config = withBreaker({ max_errors: 0, timeout: 30 });
    const [endpoint] = config.endpoints ?? [];
    const other = { url_pattern: '/other', extra_config: { 'qos/circuit-breaker': { max_errors: 0, timeout: 20 } } };
    const gateway = start(
      { ...config, endpoints: [{ ...endpoint!, backend: [...endpoint!.backend, other] }] },
      { statuses: 'http' },
    );
    users.answer = failure('refused');
    await ask(gateway);
    expect(await ask(gateway)).toMatchObject({ status: 503, retryAfter: '20' });
  });

  test('the timeout is 60 seconds when none is given', async () => {
    const gateway = await open({ timeout: 0, interval: 100 });
    users.answer = { id: 1 };
    await vi.advanceTimersByTimeAsync(59_000);
    expect((await ask(gateway)).status).toBe(500);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await ask(gateway)).status).toBe(200);
  });

  test('C01 one of 500 waiting clients is the probe', async () => {
    const gateway = await open();
    users.answer = reply({ body: { id: 1 }, delay: 50 });
    await vi.advanceTimersByTimeAsync(10_000);
    const answers = Promise.all(Array.from({ length: 500 }, () => gateway.call({ url: '/users' })));
    await vi.advanceTimersByTimeAsync(50);
    const statuses = (await answers).map(({ status }) => status);
    expect(users.calls).toBe(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect((await ask(gateway)).status).toBe(200);
  });

  test('C02 when the client of the probe leaves, the next request is the probe', async () => {
    const gateway = await open();
    users.answer = failure('silent');
    await vi.advanceTimersByTimeAsync(10_000);
    for (let count = 0; count < 50; count++) await askAndLeave(gateway);
    expect(users.calls).toBe(50);
    users.answer = { id: 1 };
    expect((await ask(gateway)).status).toBe(200);
    expect((await ask(gateway)).status).toBe(200);
  });

  test('C02 a probe that its transport never ends gives its place back when the client leaves', async () => {
    const stuck = start(withBreaker({ max_errors: 0, timeout: 10 }), {
      components: [
        {
          namespace: 'test/stuck',
          schema: (await import('zod')).z.strictObject({}),
          transport: () => (next) => (request) => (users.answer === 'stuck' ? new Promise(() => {}) : next(request)),
        },
      ],
    });
    stuck.reload(
      withBreaker({}, { extra_config: { 'qos/circuit-breaker': { max_errors: 0, timeout: 10 }, 'test/stuck': {} } }),
    );
    users.answer = failure('refused');
    await ask(stuck);
    await vi.advanceTimersByTimeAsync(10_000);
    users.answer = 'stuck';
    await askAndLeave(stuck);
    users.answer = { id: 1 };
    expect((await ask(stuck)).status).toBe(200);
  });

  test('a probe that fails opens it again', async () => {
    const gateway = await open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await ask(gateway)).code).toBe('ERR_BACKEND_CONNECTION');
    users.answer = { id: 1 };
    expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
    expect(users.calls).toBe(1);
  });
});

describe('C02 the place of a probe', () => {
  const answer = { data: {}, isComplete: true, metadata: { status: 200, headers: NO_HEADERS } };
  const failed = () => Promise.reject(new BackendError('ERR_BACKEND_CONNECTION', 'no answer'));
  const stuck = () => new Promise<ProxyResponse>(() => {});

  /** The layer of a breaker that is half-open, around whatever `next` is at the time. */
  async function halfOpen() {
    const scope = {
      logger: silentLogger,
      keep: createKeep().keep,
      endpoint: { method: 'GET', endpoint: '/x' },
      backend: { name: 'backend[0]', at: 'endpoints[0].backend[0]', timeout: 1_000 },
    } as unknown as BackendScope;
    const settings = circuitBreaker.schema.parse({ max_errors: 0, timeout: 10 });
    const backend = { next: failed as () => Promise<ProxyResponse> };
    const call = circuitBreaker.backend(settings, scope)?.(() => backend.next()) as Proxy<BackendRequest>;
    await call(backendRequest()).catch(() => {});
    vi.advanceTimersByTime(10_000);
    return { backend, call };
  }

  test('is free again when a layer inside throws', async () => {
    const { backend, call } = await halfOpen();
    backend.next = () => {
      throw new Error('oops');
    };
    expect(() => call(backendRequest())).toThrow('oops');
    backend.next = async () => answer;
    await expect(call(backendRequest())).resolves.toBe(answer);
  });

  test('is free again when nobody waited for it from the beginning', async () => {
    const { backend, call } = await halfOpen();
    backend.next = stuck;
    void call(backendRequest({ signal: AbortSignal.abort() }));
    backend.next = async () => answer;
    await expect(call(backendRequest())).resolves.toBe(answer);
  });

  test('counts a deadline that passes as a failure, though the call never ends', async () => {
    const { backend, call } = await halfOpen();
    backend.next = stuck;
    const controller = new AbortController();
    void call(backendRequest({ signal: controller.signal }));
    controller.abort(new EndpointError('ERR_ENDPOINT_TIMEOUT', 'too slow'));
    await expect(call(backendRequest())).rejects.toMatchObject({
      code: 'ERR_BREAKER_OPEN',
      details: { retryAfter: 10 },
    });
  });

  test('S20 goes to the next request when its client does not send its body, and only then', async () => {
    for (const isOwed of [true, false]) {
      const { backend, call } = await halfOpen();
      const body = new Readable({ read() {} });
      watchUpload(body, () => isOwed);
      backend.next = stuck;
      void call(backendRequest({ body }));
      backend.next = async () => answer;
      await expect(call(backendRequest())).rejects.toMatchObject({ code: 'ERR_BREAKER_OPEN' });
      vi.advanceTimersByTime(60_000);
      const second = call(backendRequest());
      await (isOwed
        ? expect(second).resolves.toBe(answer)
        : expect(second).rejects.toMatchObject({ code: 'ERR_BREAKER_OPEN' }));
    }
  });

  test('T04 leaves nothing on the signal of its request', async () => {
    const { backend, call } = await halfOpen();
    backend.next = async () => answer;
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    await call(backendRequest({ signal }));
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove.mock.calls).toEqual([[...(add.mock.calls[0] ?? [])]]);
  });

  test('is not given away again by a call that lost it', async () => {
    const { backend, call } = await halfOpen();
    let end: (error: Error) => void = () => {};
    backend.next = () =>
      new Promise((_resolve, reject) => {
        end = reject;
      });
    const controller = new AbortController();
    const first = call(backendRequest({ signal: controller.signal }));
    controller.abort(new EndpointError('ERR_CLIENT_CLOSED', 'gone'));
    const endFirst = end;
    void call(backendRequest());
    endFirst(new Error('aborted'));
    await expect(first).rejects.toThrow('aborted');
    await expect(call(backendRequest())).rejects.toMatchObject({ code: 'ERR_BREAKER_OPEN' });
  });
});

describe('whose it is', () => {
  const two = (first: Settings, second: Settings): Config => ({
    host: ['http://users'],
    endpoints: [
      {
        endpoint: '/users',
        backend: [{ url_pattern: '/users', extra_config: { 'qos/circuit-breaker': first as object } }],
      },
      {
        endpoint: '/more',
        backend: [{ url_pattern: '/more', extra_config: { 'qos/circuit-breaker': second as object } }],
      },
    ],
  });

  test('C03 each backend has its own, even under one name', async () => {
    const gateway = start(two({ max_errors: 0, name: 'users' }, { max_errors: 0, name: 'users' }));
    users.answer = failure('refused');
    await ask(gateway);
    users.answer = { id: 1 };
    expect((await ask(gateway)).status).toBe(500);
    expect((await ask(gateway, { url: '/more' })).status).toBe(200);
  });

  test('with shared, backends that give one name have one', async () => {
    const settings = { max_errors: 0, name: 'users', shared: true };
    const gateway = start(two(settings, settings));
    users.answer = failure('refused');
    await ask(gateway);
    users.answer = { id: 1 };
    expect((await ask(gateway, { url: '/more' })).status).toBe(500);
  });

  test('sharing needs a name and the same settings', () => {
    expect(issuesOf({ max_errors: 1, shared: true })).toEqual([
      {
        path: 'endpoints[0].backend[0].extra_config["qos/circuit-breaker"].name',
        message: expect.stringContaining('missing'),
      },
    ]);
    const create = () =>
      start(two({ max_errors: 0, name: 'n', shared: true }, { max_errors: 1, name: 'n', shared: true }));
    expect(create).toThrow(ConfigError);
    expect(create).toThrow('endpoints[1].backend[0].extra_config["qos/circuit-breaker"]');
  });

  test('sharing needs the same settings after a reload, too', () => {
    const settings = { max_errors: 0, name: 'n', shared: true };
    const gateway = start(two(settings, settings));
    expect(() => gateway.reload(two(settings, { ...settings, max_errors: 1 }))).toThrow(ConfigError);
    gateway.reload(two({ ...settings, max_errors: 1 }, { ...settings, max_errors: 1 }));
  });

  test('a reload keeps it where its settings stay, and begins anew where they change', async () => {
    for (const sharing of [{}, { name: 'users', shared: true }]) {
      users.answer = failure('refused');
      const settings = { max_errors: 0, timeout: 10, ...sharing };
      const gateway = start(withBreaker(settings));
      await ask(gateway);
      users.answer = { id: 1 };
      gateway.reload(withBreaker(settings, {}, { timeout: '900ms' }));
      expect((await ask(gateway)).code).toBe('ERR_BREAKER_OPEN');
      gateway.reload(withBreaker({ ...settings, timeout: 11 }));
      expect((await ask(gateway)).status).toBe(200);
    }
  });

  test('each of several concurrent calls counts', async () => {
    const gateway = start(withBreaker({ max_errors: 2 }, {}, { concurrent_calls: 3 }));
    users.answer = failure('refused');
    await ask(gateway);
    await ask(gateway);
    expect(users.calls).toBe(3);
  });
});

describe('the log', () => {
  function createLogger() {
    const lines: { level: string; fields: object; message: string }[] = [];
    const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
    return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
  }

  test('C03 each change is one line, however many are turned away', async () => {
    const { lines, logger } = createLogger();
    const gateway = start(withBreaker({ max_errors: 1, timeout: 10, log_status_change: true, name: 'cb' }), { logger });
    users.answer = failure('refused');
    for (let count = 0; count < 50; count++) await ask(gateway);
    users.answer = { id: 1 };
    await vi.advanceTimersByTimeAsync(10_000);
    await ask(gateway);
    const changes = lines.filter(({ message }) => message === 'circuit breaker changed');
    const fields = { breaker: 'cb', at: 'endpoints[0].backend[0]' };
    expect(changes).toEqual([
      { level: 'warn', fields: { ...fields, from: 'closed', to: 'open' }, message: expect.any(String) },
      { level: 'warn', fields: { ...fields, from: 'open', to: 'half-open' }, message: expect.any(String) },
      { level: 'warn', fields: { ...fields, from: 'half-open', to: 'closed' }, message: expect.any(String) },
    ]);
  });

  test('names a breaker that backends share, and none of them', async () => {
    const { lines, logger } = createLogger();
    const settings = { max_errors: 0, timeout: 10, log_status_change: true, name: 'cb', shared: true };
    const gateway = start(withBreaker(settings), { logger });
    users.answer = failure('refused');
    await ask(gateway);
    const changes = lines.filter(({ message }) => message === 'circuit breaker changed');
    expect(changes.map(({ fields }) => fields)).toEqual([{ breaker: 'cb', from: 'closed', to: 'open' }]);
  });

  test('is silent about changes unless asked', async () => {
    const { lines, logger } = createLogger();
    const gateway = start(withBreaker({ max_errors: 0, timeout: 10 }), { logger });
    users.answer = failure('refused');
    await ask(gateway);
    expect(lines.filter(({ message }) => message === 'circuit breaker changed')).toEqual([]);
  });

  test('warns of an interval that calls can outlive', () => {
    const { lines, logger } = createLogger();
    for (const interval of [0, 2]) start(withBreaker({ max_errors: 1, interval }), { logger });
    expect(lines).toEqual([]);
    start(withBreaker({ max_errors: 1, interval: 1 }), { logger });
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: { at: 'endpoints[0].backend[0].extra_config["qos/circuit-breaker"].interval' },
        message: expect.stringContaining('time out'),
      },
    ]);
  });
});

describe('the configuration', () => {
  test('of KrakenD 1.3 is taken, decimals cut off', async () => {
    const gateway = start(
      withBreaker(
        {},
        {
          extra_config: {
            'github.com/devopsfaith/krakend-circuitbreaker/gobreaker': {
              '@comment': 'as in 1.3',
              interval: 60,
              timeout: 10,
              maxErrors: 1.9,
              logStatusChange: true,
            },
          },
        },
      ),
    );
    users.answer = failure('refused');
    for (let count = 0; count < 5; count++) await ask(gateway);
    expect(users.calls).toBe(2);
  });

  test('with zeros everywhere switches it off, as in KrakenD', async () => {
    const gateway = start(withBreaker({ interval: 0, timeout: 0, max_errors: 0 }));
    users.answer = failure('refused');
    for (let count = 0; count < 5; count++) await ask(gateway);
    expect(users.calls).toBe(5);
  });

  test.each([{ max_errors: 1 }, { interval: 1 }, { timeout: 1 }])('takes %o alone', (settings) => {
    expect(issuesOf(settings)).toEqual([]);
  });

  test.each([
    [{}, 'max_errors', 'missing'],
    [{ max_errors: -1 }, 'max_errors', 'at least 0'],
    [{ max_errors: '3' }, 'max_errors', 'a number'],
    [{ max_error: 3 }, 'max_error', 'Did you mean "max_errors"?'],
    [{ max_errors: 1, failure_status: [] }, 'failure_status', 'empty'],
    [{ max_errors: 1, failure_status: [99] }, 'failure_status[0]', 'at least 100'],
  ])('G03 %o is refused at its place', (settings, place, message) => {
    const path = `endpoints[0].backend[0].extra_config["qos/circuit-breaker"].${place}`;
    expect(issuesOf(settings)).toContainEqual({ path, message: expect.stringContaining(message) });
  });
});

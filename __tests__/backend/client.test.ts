import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { createAttempt } from '../../lib/backend/client.js';
import { createRequestBuilder } from '../../lib/backend/request.js';
import { BackendError, EndpointError } from '../../lib/errors.js';
import type { BackendRequest } from '../../lib/proxy.js';
import type { Balancer } from '../../lib/sd/balancer.js';
import type { Subscriber } from '../../lib/sd/subscriber.js';
import { backendConfig } from '../support/backend-config.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

const ANSWER = answerOf({ a: 1 });
const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'refused');

interface Parts {
  readonly subscriber?: Subscriber;
  readonly balancer?: Balancer;
  readonly exchange?: (request: BackendRequest) => Promise<typeof ANSWER>;
  readonly pattern?: string;
}

function attemptWith({ subscriber, balancer, exchange = async () => ANSWER, pattern = '/a' }: Parts) {
  return createAttempt({
    name: 'backend[0] GET /a',
    subscriber: subscriber ?? { hosts: () => ['http://h'] },
    balancer: balancer ?? { host: () => 'http://h' },
    buildRequest: createRequestBuilder(backendConfig({ pattern }), false),
    exchange,
  });
}

test('picks a host, builds the request and exchanges', async () => {
  const exchange = vi.fn(async (_request: BackendRequest) => ANSWER);
  const attempt = attemptWith({ exchange, pattern: '/users/{id}' });
  expect(await attempt(proxyRequest({ params: { id: '7' } }))).toBe(ANSWER);
  expect(exchange.mock.calls[0]?.[0].url).toBe('http://h/users/7');
});

test('tells which hosts were tried, and passes them to the balancer', async () => {
  const host = vi.fn((tried?: readonly string[]) => `http://h${tried?.length ?? 0}`);
  const attempt = attemptWith({ balancer: { host } });
  const tried: string[] = [];
  await attempt(proxyRequest(), tried);
  await attempt(proxyRequest(), tried);
  expect(tried).toEqual(['http://h0', 'http://h1']);
});

describe('E03 whatever throws becomes a rejection', () => {
  const broken = () => {
    throw new TypeError('broken');
  };
  const settled = vi.fn();
  test.each<[string, Parts]>([
    ['balancer', { balancer: { host: broken } }],
    ['reporting balancer', { balancer: { host: broken, settled } }],
    ['exchange', { exchange: broken }],
    ['exchange under a reporting balancer', { exchange: broken, balancer: { host: () => 'http://h', settled } }],
    ['subscriber', { subscriber: { hosts: broken, ready: async () => {} } }],
    ['readiness', { subscriber: { hosts: () => [], ready: broken } }],
  ])('%s', async (_name, parts) => {
    await expect(attemptWith(parts)(proxyRequest())).rejects.toThrow(TypeError);
  });

  test('and a URL that cannot be built names the backend', async () => {
    const exchange = vi.fn(async () => ANSWER);
    await expect(attemptWith({ pattern: '/users/{id}', exchange })(proxyRequest())).rejects.toMatchObject({
      code: 'ERR_BACKEND_URL',
      message: 'backend[0] GET /users/{id} was not called: There is no value for {id}.',
    });
    expect(exchange).not.toHaveBeenCalled();
  });
});

describe('a balancer that listens', () => {
  function report(exchange: (request: BackendRequest) => Promise<typeof ANSWER>, signal?: AbortSignal) {
    const settled = vi.fn();
    const attempt = attemptWith({ exchange, balancer: { host: () => 'http://h', settled } });
    const request = signal ? proxyRequest({ signal }) : proxyRequest();
    return attempt(request).then(
      () => settled.mock.calls,
      () => settled.mock.calls,
    );
  }
  const rejectWith = (error: unknown) => () => Promise.reject(error);

  test('hears of good calls', async () => {
    expect(await report(async () => ANSWER)).toEqual([['http://h', 'ok']]);
  });

  test('hears of each failure that the host had a part in', async () => {
    for (const code of ['ERR_BACKEND_CONNECTION', 'ERR_BACKEND_STATUS', 'ERR_BACKEND_DECODE'] as const) {
      expect(await report(rejectWith(new BackendError(code, 'x')))).toEqual([['http://h', 'failed']]);
    }
  });

  test('C02 does not hear of a failure when we ended the call ourselves', async () => {
    const left = AbortSignal.abort(new EndpointError('ERR_CLIENT_CLOSED', 'left'));
    const unneeded = AbortSignal.abort(new BackendError('ERR_BACKEND_CANCELLED', 'unneeded'));
    expect(await report(rejectWith(REFUSED), left)).toEqual([['http://h', 'aborted']]);
    expect(await report(rejectWith(REFUSED), unneeded)).toEqual([['http://h', 'aborted']]);
    expect(await report(rejectWith(new BackendError('ERR_OVERLOADED', 'full')))).toEqual([['http://h', 'aborted']]);
    expect(await report(rejectWith(new TypeError('bug')))).toEqual([['http://h', 'aborted']]);
  });

  test.each<[string, Error | undefined]>([
    ['failed', REFUSED],
    ['aborted', new EndpointError('ERR_CLIENT_CLOSED', 'left')],
    ['ok', undefined],
  ])('hears of a stream only when that has ended: %s', async (outcome, error) => {
    const body = new Readable({ read() {} }).on('error', () => {});
    const settled = vi.fn();
    const exchange = async () => answerOf({}, { body });
    await attemptWith({ exchange, balancer: { host: () => 'http://h', settled } })(proxyRequest());
    expect(settled).not.toHaveBeenCalled();
    const closed = new Promise((resolve) => body.once('close', resolve));
    if (error) body.destroy(error);
    else body.resume().push(null);
    await closed;
    expect(settled.mock.calls).toEqual([['http://h', outcome]]);
  });

  test('hears of a host that was silent until the deadline', async () => {
    const late = AbortSignal.abort(new EndpointError('ERR_ENDPOINT_TIMEOUT', 'late'));
    expect(await report(rejectWith(late.reason), late)).toEqual([['http://h', 'failed']]);
  });
});

describe('a subscriber that is not ready', () => {
  test('is waited for', async () => {
    let hosts: string[] = [];
    const subscriber: Subscriber = {
      hosts: () => hosts,
      ready: async () => {
        hosts = ['http://found'];
      },
    };
    const exchange = vi.fn(async (_request: BackendRequest) => ANSWER);
    const attempt = attemptWith({ subscriber, exchange, balancer: { host: () => subscriber.hosts()[0] ?? '' } });
    await attempt(proxyRequest());
    expect(exchange.mock.calls[0]?.[0].url).toBe('http://found/a');
  });

  test('is not asked again once it has hosts', async () => {
    const ready = vi.fn(async () => {});
    await attemptWith({ subscriber: { hosts: () => ['http://h'], ready } })(proxyRequest());
    expect(ready).not.toHaveBeenCalled();
  });
});

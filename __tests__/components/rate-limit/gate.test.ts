import { describe, expect, test } from 'vitest';
import { createGate, type GateOptions } from '../../../lib/components/rate-limit/gate.js';
import type { Limiter } from '../../../lib/components/rate-limit/limiter.js';
import { RejectedError } from '../../../lib/errors.js';

const limit = { capacity: 10, rate: 5 };
const yes = { isAllowed: true, remaining: 3, retryAfter: 0, reset: 1_400 };
const no = { isAllowed: false, remaining: 0, retryAfter: 1_500, reset: 3_000 };
const somebody = { client: { ip: '192.0.2.1', headers: {} }, params: {} };

interface Answers {
  client?: Limiter;
  total?: Limiter;
  key?: string | undefined;
  tellsServed?: boolean;
}

function setUp({ client, total, tellsServed = false, ...rest }: Answers) {
  const asked: string[] = [];
  function listen(name: string, take: Limiter): Limiter {
    return (key) => {
      asked.push(`${name} ${key}`);
      return take(key);
    };
  }
  const key = 'key' in rest ? rest.key : 'me';
  const options: GateOptions = {
    name: 'GET /x',
    tellsServed,
    client: client && { limit, take: listen('client', client), keyOf: () => key },
    total: total && { limit, take: listen('total', total) },
  };
  return { asked, enter: createGate(options) };
}

function rejection(verdict: unknown) {
  if (!(verdict instanceof RejectedError)) throw new Error('it was let in');
  const { status, headers, message } = verdict;
  return { status, headers, message };
}

describe('what is in memory is decided at once', () => {
  test('the client is asked first, then all', () => {
    const { asked, enter } = setUp({ client: () => yes, total: () => yes });
    expect(enter(somebody)).toBeUndefined();
    expect(asked).toEqual(['client me', 'total ']);
  });

  test('a client over its limit gets 429 and takes nothing from the others', () => {
    const { asked, enter } = setUp({ client: () => no, total: () => yes });
    expect(rejection(enter(somebody))).toEqual({
      status: 429,
      message: 'A client of GET /x is over its rate limit',
      headers: { 'retry-after': '2', ratelimit: '"client";r=0;t=2', 'ratelimit-policy': '"client";q=10;w=2' },
    });
    expect(asked).toEqual(['client me']);
  });

  test('the limit for all says 503', () => {
    const { enter } = setUp({ client: () => yes, total: () => no });
    expect(rejection(enter(somebody))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2', ratelimit: '"all";r=0;t=2' },
    });
    expect(rejection(setUp({ total: () => no }).enter(somebody)).status).toBe(503);
  });

  test('L04 who does not say who it is gets 429, and waiting would not help', () => {
    const { asked, enter } = setUp({ client: () => yes, total: () => yes, key: undefined });
    expect(rejection(enter(somebody))).toEqual({ status: 429, message: expect.any(String), headers: {} });
    expect(asked).toEqual([]);
  });

  test('served answers tell what is left to the client on request', () => {
    const { enter } = setUp({ client: () => yes, total: () => yes, tellsServed: true });
    expect(enter(somebody)).toEqual({ ratelimit: '"client";r=3;t=1', 'ratelimit-policy': '"client";q=10;w=2' });
    expect(setUp({ total: () => yes, tellsServed: true }).enter(somebody)).toBeUndefined();
  });
});

describe('what a store decides is waited for', () => {
  test.each([
    [yes, yes, undefined],
    [no, yes, 429],
    [yes, no, 503],
  ])('client %o, all %o', async (client, total, status) => {
    const verdict = setUp({ client: async () => client, total: async () => total }).enter(somebody);
    expect(verdict).toBeInstanceOf(Promise);
    const decided = await verdict;
    expect(decided instanceof RejectedError ? decided.status : undefined).toBe(status);
  });

  test('when nobody can tell, it is 503 and not the fault of the client', async () => {
    const verdict = await setUp({ client: async () => undefined }).enter(somebody);
    expect(rejection(verdict)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(rejection(setUp({ total: () => undefined }).enter(somebody)).status).toBe(503);
  });
});

import { describe, expect, test, vi } from 'vitest';
import { RejectedError } from '../../lib/errors.js';
import type { Admit, Admitted, ProxyResponse, RequestHead } from '../../lib/proxy.js';
import { admitFirst, admitInTurn, refuseInTurn } from '../../lib/router/admit.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import { headersOf, proxyRequest } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

const rejected = new RejectedError(429, 'too often');
const head: RequestHead = proxyRequest();

describe('admitInTurn', () => {
  test('nobody is asked where there is nobody to ask', () => {
    expect(admitInTurn([])).toBeUndefined();
  });

  test('who is alone is asked without anything around it', () => {
    const admit: Admit = () => undefined;
    expect(admitInTurn([admit])).toBe(admit);
  });

  const later = async (admitted: Admitted) => admitted;
  const now = (admitted: Admitted) => admitted;
  describe.each([
    ['at once', now, now],
    ['later', later, later],
    ['first at once, then later', now, later],
    ['first later, then at once', later, now],
  ])('deciding %s', (_title, first, second) => {
    test('in order, and the headers of all are kept', async () => {
      const asked: string[] = [];
      function noting(name: string, decision: ReturnType<Admit>): Admit {
        return () => {
          asked.push(name);
          return decision;
        };
      }
      const admit = admitInTurn([
        noting('a', first({ a: '1', both: 'first' })),
        noting('b', second(undefined)),
        noting('c', first({ c: '3', both: 'last' })),
      ]) as Admit;
      expect(await admit(head)).toEqual({ a: '1', c: '3', both: 'last' });
      expect(asked).toEqual(['a', 'b', 'c']);
    });

    test('a head that one gives is the head of the next, and the last one is served', async () => {
      const seen: unknown[] = [];
      function noting(make: (head: RequestHead) => Admitted, decide: typeof first): Admit {
        return (asked) => {
          seen.push(asked.user);
          return decide(make(asked));
        };
      }
      const admit = admitInTurn([
        noting((asked) => ({ head: { ...asked, user: { sub: 'a' } }, headers: { a: '1' } }), first),
        noting(() => ({ b: '2' }), second),
        noting((asked) => ({ head: { ...asked, user: { sub: 'c' } } }), first),
        noting(() => undefined, second),
      ]) as Admit;
      expect(await admit(head)).toEqual({ head: { ...head, user: { sub: 'c' } }, headers: { a: '1', b: '2' } });
      expect(seen).toEqual([undefined, { sub: 'a' }, { sub: 'a' }, { sub: 'c' }]);
    });

    test('who turns away is the last to be asked', async () => {
      const others = vi.fn();
      expect(await admitInTurn([() => first(undefined), () => second(rejected), others])?.(head)).toBe(rejected);
      expect(await admitInTurn([() => first({ a: '1' }), () => second(rejected), others])?.(head)).toBe(rejected);
      expect(await admitInTurn([() => first(rejected), others])?.(head)).toBe(rejected);
      expect(others).not.toHaveBeenCalled();
    });

    test('who has nothing to say adds nothing', async () => {
      const admit = admitInTurn([() => first(undefined), () => second(undefined)]);
      expect(await admit?.(head)).toBeUndefined();
    });
  });

  test('all in memory decide without a promise', () => {
    const admit = admitInTurn([() => undefined, () => ({ a: '1' }), () => undefined]);
    expect(admit?.(head)).toEqual({ a: '1' });
  });
});

describe('refuseInTurn', () => {
  test('is nothing without any, and a single one itself', () => {
    const refusal = () => undefined;
    expect(refuseInTurn([])).toBeUndefined();
    expect(refuseInTurn([refusal])).toBe(refusal);
  });

  test('asks one after the other, until one refuses', () => {
    const last = vi.fn();
    expect(refuseInTurn([() => undefined, () => rejected, last])?.()).toBe(rejected);
    expect(last).not.toHaveBeenCalled();
    expect(refuseInTurn([() => undefined, last])?.()).toBeUndefined();
    expect(last).toHaveBeenCalledOnce();
  });
});

describe('admitFirst', () => {
  const { request, response } = createMemoryExchange({ url: '/' });
  const answer = Object.freeze(answerOf({ a: 1 }));

  function setUp(admit: Admit, made: ProxyResponse = answer) {
    const serve = vi.fn(async () => made);
    const admitted = admitFirst(admit, serve);
    return { serve, call: (asked: RequestHead = head) => admitted(asked, request, response) };
  }

  test('who is let in is served, with nothing changed', async () => {
    for (const admit of [() => undefined, async () => undefined]) {
      const { serve, call } = setUp(admit);
      expect(await call()).toBe(answer);
      expect(serve.mock.calls).toEqual([[head, request, response]]);
    }
  });

  test('who is let in with another head is served with that one', async () => {
    const other = { ...head, user: { sub: 'u' } };
    for (const admit of [() => ({ head: other }), async () => ({ head: other, headers: { a: '1' } })]) {
      const { serve, call } = setUp(admit);
      const { metadata } = await call();
      expect(metadata.headers['a']).toBe(admit.constructor.name === 'AsyncFunction' ? '1' : undefined);
      expect(serve.mock.calls).toEqual([[other, request, response]]);
    }
  });

  test('who is turned away is not served', async () => {
    for (const admit of [() => rejected, async () => rejected, () => Promise.reject(rejected)]) {
      const { serve, call } = setUp(admit);
      await expect(call()).rejects.toBe(rejected);
      expect(serve).not.toHaveBeenCalled();
    }
  });

  test('headers of the decision stand beside those of the answer, and win', async () => {
    const made = answerOf(
      { a: 1 },
      { metadata: { status: 201, headers: headersOf({ etag: '"x"', ratelimit: 'no' }) } },
    );
    const { call } = setUp(() => ({ ratelimit: 'yes' }), Object.freeze(made));
    expect((await call()).metadata).toEqual({ status: 201, headers: { etag: '"x"', ratelimit: 'yes' } });
    expect(made.metadata.headers['ratelimit']).toBe('no');
  });

  test('T02 who has left, or is out of time, when the decision comes is not served', async () => {
    const controller = new AbortController();
    const { serve, call } = setUp(async () => undefined);
    const served = call(proxyRequest({ signal: controller.signal }));
    const reason = new Error('left');
    controller.abort(reason);
    await expect(served).rejects.toBe(reason);
    expect(serve).not.toHaveBeenCalled();
  });
});

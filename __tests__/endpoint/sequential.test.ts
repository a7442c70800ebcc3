import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BackendClient } from '../../lib/backend/client.js';
import { json } from '../../lib/encoding/json.js';
import { type Combiner, combiners } from '../../lib/endpoint/combiner.js';
import { createMerge } from '../../lib/endpoint/merge.js';
import { createSequential } from '../../lib/endpoint/sequential.js';
import { BackendError } from '../../lib/errors.js';
import type { Proxy, ProxyRequest, ProxyResponse } from '../../lib/proxy.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf, deafProxy } from '../support/transport.js';

const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'refused');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Step {
  readonly send: Proxy;
  readonly required?: boolean;
}

function setUp(steps: readonly Step[], placeholders: readonly string[] = []) {
  const requests: ProxyRequest[] = [];
  const clients = steps.map(({ send, required = false }, index): BackendClient => {
    return {
      name: `backend[${index}] GET /`,
      required,
      send(request) {
        requests.push(request);
        return send(request);
      },
    };
  });
  const proxy = createSequential({
    name: 'GET /x',
    clients,
    timeout: 850,
    merge: createMerge('GET /x', combiners.get('deep') as Combiner),
    placeholders,
  });
  return { proxy, requests };
}

function good(data: ProxyResponse['data'], init: Partial<ProxyResponse> = {}): Step {
  return { send: async () => answerOf(data, init) };
}
const bad: Step = { send: () => Promise.reject(REFUSED) };

test('calls one after another and merges in declared order', async () => {
  const order: string[] = [];
  const step = (name: string): Step => ({
    async send() {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      order.push(`${name} ends`);
      return answerOf({ who: name, [name]: 1 });
    },
  });
  const answer = setUp([step('a'), step('b')]).proxy(proxyRequest());
  await vi.runAllTimersAsync();
  expect(await answer).toMatchObject({ data: { who: 'b', a: 1, b: 1 }, isComplete: true });
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

describe('placeholders', () => {
  async function paramsAfter(first: ProxyResponse, placeholders: readonly string[], params = {}) {
    const { proxy, requests } = setUp([{ send: async () => first }, good({})], placeholders);
    await proxy(proxyRequest({ params }));
    return requests[1]?.params;
  }
  const decoded = (text: string) => answerOf(json.decoder?.(false)(Buffer.from(text)) as ProxyResponse['data']);

  test('are filled from the answer of the backend they count to', async () => {
    const params = await paramsAfter(answerOf({ id: 'x', o: { deep: { id: 'y' } } }), [
      'resp0_id',
      'resp0_o.deep.id',
      'resp1_id',
    ]);
    expect(params).toEqual({ resp0_id: 'x', 'resp0_o.deep.id': 'y' });
  });

  test('B04 keep the digits of numbers', async () => {
    const text = '{"a":42,"b":1.0,"c":12345678901234567890,"d":1e3,"e":-0}';
    expect(await paramsAfter(decoded(text), ['resp0_a', 'resp0_b', 'resp0_c', 'resp0_d', 'resp0_e'])).toEqual({
      resp0_a: '42',
      resp0_b: '1.0',
      resp0_c: '12345678901234567890',
      resp0_d: '1e3',
      resp0_e: '-0',
    });
  });

  test('take booleans as words and arrays joined by commas, numbers in them included', async () => {
    const first = decoded('{"t":true,"f":false,"list":["a",1.0,true],"none":[],"nested":[["a"],["b","c"]]}');
    const names = ['resp0_t', 'resp0_f', 'resp0_list', 'resp0_none', 'resp0_nested'];
    expect(await paramsAfter(first, names)).toEqual({
      resp0_t: 'true',
      resp0_f: 'false',
      resp0_list: 'a,1.0,true',
      resp0_none: '',
      resp0_nested: 'a,b,c',
    });
  });

  test('M07 without a value that can stand in a URL stay empty: the call fails instead of going astray', async () => {
    const first = answerOf({ o: { a: 1 }, n: null, list: [1, { a: 1 }], scalar: 'x', array: [{ id: 7 }] });
    const names = ['o', 'n', 'n.a', 'list', 'missing', 'scalar.length', 'array.0', 'array.0.id', 'o.b.a'].map(
      (name) => `resp0_${name}`,
    );
    expect(Object.keys((await paramsAfter(first, names)) ?? { a: 1 })).toEqual([]);
  });

  test('H06 are own properties only', async () => {
    const names = ['constructor', 'toString', '__proto__', 'o.constructor.name', 'o.__proto__'].map(
      (name) => `resp0_${name}`,
    );
    expect(await paramsAfter(answerOf({ o: {} }), names)).toEqual({});
  });

  test('X04 are not filled from a polluted Object.prototype', async () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 'canary', configurable: true });
    try {
      expect(await paramsAfter(answerOf({ o: {} }), ['resp0_polluted', 'resp0_o.polluted'])).toEqual({});
    } finally {
      delete (Object.prototype as { polluted?: string }).polluted;
    }
  });

  test('are not looked up by their last part in the object around a missing one', async () => {
    expect(await paramsAfter(answerOf({ id: 'root' }), ['resp0_a.id'])).toEqual({});
  });

  test('leave the params of the path alone, and the request as it was', async () => {
    const params = Object.freeze({ id: '7' });
    expect(await paramsAfter(answerOf({ id: 'x' }), ['resp0_id'], params)).toEqual({ id: '7', resp0_id: 'x' });
  });

  test('stand for a whole text of a no-op backend in the chain', async () => {
    const first = answerOf({}, { body: Buffer.from('token') });
    expect(await paramsAfter(first, ['resp0'])).toEqual({ resp0: 'token' });
    expect(await paramsAfter(answerOf({ a: 1 }), ['resp0'])).toEqual({});
  });

  test('read what a backend said itself, not what was merged over it', async () => {
    const { proxy, requests } = setUp(
      [good({ id: 'first' }), good({ id: 'second' }), good({})],
      ['resp0_id', 'resp1_id'],
    );
    await proxy(proxyRequest());
    expect(requests[2]?.params).toEqual({ resp0_id: 'first', resp1_id: 'second' });
  });
});

describe('a failure', () => {
  test('M07 of the first is that of the endpoint', async () => {
    const { proxy, requests } = setUp([bad, good({})]);
    await expect(proxy(proxyRequest())).rejects.toBe(REFUSED);
    expect(requests).toHaveLength(1);
  });

  test('M07 of a later one stops the chain and leaves a partial answer', async () => {
    const { proxy, requests } = setUp([good({ a: 1 }), bad, good({ c: 1 })]);
    expect(await proxy(proxyRequest())).toMatchObject({ data: { a: 1 }, isComplete: false, errors: [REFUSED] });
    expect(requests).toHaveLength(2);
  });

  test('of a required one is that of the endpoint, wherever it stands', async () => {
    const { proxy } = setUp([good({ a: 1 }), { ...bad, required: true }]);
    await expect(proxy(proxyRequest())).rejects.toBe(REFUSED);
  });

  test('in front of a required one is that of the endpoint: it is never reached', async () => {
    const last = { ...good({ c: 1 }), required: true };
    for (const before of [[good({ a: 1 })], [good({ a: 1 }), good({ b: 1 })]]) {
      const { proxy, requests } = setUp([...before, bad, last]);
      await expect(proxy(proxyRequest())).rejects.toBe(REFUSED);
      expect(requests).toHaveLength(before.length + 1);
    }
  });
});

describe('required backends that answered', () => {
  const required = { ...good({ a: 1 }), required: true };

  test('leave an endpoint whole', async () => {
    expect(await setUp([required, good({ b: 1 })]).proxy(proxyRequest())).toMatchObject({
      data: { a: 1, b: 1 },
      isComplete: true,
    });
  });

  test('leave it partial when a later one fails', async () => {
    expect(await setUp([required, bad]).proxy(proxyRequest())).toMatchObject({
      data: { a: 1 },
      isComplete: false,
      errors: [REFUSED],
    });
  });
});

describe('an incomplete answer', () => {
  const partial = good({ half: 1 }, { isComplete: false });

  test('is merged, then the chain stops, without an error', async () => {
    const { proxy, requests } = setUp([good({ a: 1 }), partial, good({ c: 1 })]);
    const answer = await proxy(proxyRequest());
    expect(answer).toMatchObject({ data: { a: 1, half: 1 }, isComplete: false });
    expect(answer).not.toHaveProperty('errors');
    expect(requests).toHaveLength(2);
  });

  test('in front of a required one fails the endpoint by name', async () => {
    const { proxy } = setUp([partial, { ...good({}), required: true }]);
    await expect(proxy(proxyRequest())).rejects.toMatchObject({
      code: 'ERR_ENDPOINT_FAILED',
      message: expect.stringContaining('backend[1] GET / is required and was not called'),
    });
  });
});

test('an answer without content does not stop the chain', async () => {
  const { proxy } = setUp([good({}, { isEmpty: true }), good({ b: 1 })]);
  expect(await proxy(proxyRequest())).toMatchObject({ data: { b: 1 }, isComplete: true });
});

describe('time', () => {
  const slow = (milliseconds: number, data: ProxyResponse['data']): Step => ({
    send: () => new Promise((resolve) => setTimeout(resolve, milliseconds, answerOf(data))),
  });

  test('T01 is shared by the whole chain', async () => {
    const answer = setUp([slow(600, { a: 1 }), slow(200, { b: 1 }), { send: deafProxy }]).proxy(proxyRequest());
    await vi.advanceTimersByTimeAsync(850);
    expect(await answer).toMatchObject({
      data: { a: 1, b: 1 },
      isComplete: false,
      errors: [{ code: 'ERR_BACKEND_TIMEOUT', message: 'backend[2] GET / did not answer in time' }],
    });
  });

  test('T02 that is up in the first step fails the endpoint, and no later step is called', async () => {
    const { proxy, requests } = setUp([{ send: deafProxy }, good({})]);
    const failed = expect(proxy(proxyRequest())).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT', status: 504 });
    await vi.advanceTimersByTimeAsync(850);
    await failed;
    expect(requests).toHaveLength(1);
    expect(requests[0]?.signal.aborted).toBe(true);
  });
});

test('T02 a request that ends in the middle calls nobody any more', async () => {
  const controller = new AbortController();
  const { proxy, requests } = setUp([good({ a: 1 }), { send: deafProxy }, good({})]);
  const answer = proxy(proxyRequest({ signal: controller.signal }));
  await vi.advanceTimersByTimeAsync(1);
  controller.abort(new BackendError('ERR_BACKEND_CANCELLED', 'left'));
  expect(await answer).toMatchObject({ isComplete: false });
  expect(requests).toHaveLength(2);
});

test('E03 a client that throws at once fails its step only', async () => {
  const throwing: Step = {
    send() {
      throw new TypeError('broken');
    },
  };
  expect(await setUp([good({ a: 1 }), throwing]).proxy(proxyRequest())).toMatchObject({
    data: { a: 1 },
    errors: [{ code: 'ERR_INTERNAL' }],
  });
});

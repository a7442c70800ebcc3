import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BackendClient } from '../../lib/backend/client.js';
import { type Combiner, combiners } from '../../lib/endpoint/combiner.js';
import { createMerge } from '../../lib/endpoint/merge.js';
import { createParallel } from '../../lib/endpoint/parallel.js';
import { BackendError } from '../../lib/errors.js';
import type { Proxy } from '../../lib/proxy.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf, createManualProxy, deafProxy } from '../support/transport.js';

const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'refused');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function clientOf(send: Proxy, index = 0, required = false): BackendClient {
  return { name: `backend[${index}] GET /`, required, send };
}

function parallelOf(...clients: BackendClient[]): Proxy {
  return createParallel({
    name: 'GET /x',
    clients,
    timeout: 850,
    merge: createMerge('GET /x', combiners.get('deep') as Combiner),
  });
}

/** Backends whose calls the test settles; `required` names those that are. */
function setUp(size: number, required: readonly number[] = [], signal = new AbortController().signal) {
  const backends = Array.from({ length: size }, createManualProxy);
  const answer = parallelOf(...backends.map(({ send }, index) => clientOf(send, index, required.includes(index))))(
    proxyRequest({ signal }),
  );
  answer.catch(() => {});
  return { answer, call: (index: number) => backends[index]!.calls[0]! };
}

test('calls all at once and merges in declared order, however they arrive', async () => {
  const { answer, call } = setUp(3);
  for (const index of [2, 0, 1]) {
    call(index).answer(answerOf({ [index]: index, last: index }));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(await answer).toMatchObject({ data: { 0: 0, 1: 1, 2: 2, last: 2 }, isComplete: true });
});

test('M02 a thousand orders of arrival make one document', async () => {
  const documents = new Set<string>();
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (let turn = 0; turn < 1000; turn++) {
    const delays = Array.from({ length: 4 }, () => Math.floor(random() * 50));
    const clients = delays.map((delay, index) =>
      clientOf(
        () =>
          new Promise((resolve) =>
            setTimeout(resolve, delay, answerOf({ who: index, [`b${index}`]: { list: [index] } })),
          ),
        index,
      ),
    );
    const answer = parallelOf(...clients)(proxyRequest());
    await vi.advanceTimersByTimeAsync(50);
    documents.add(JSON.stringify((await answer).data));
  }
  expect([...documents]).toEqual(['{"who":3,"b0":{"list":[0]},"b1":{"list":[1]},"b2":{"list":[2]},"b3":{"list":[3]}}']);
});

test('a failure does not stop the others', async () => {
  const { answer, call } = setUp(2);
  call(0).fail(REFUSED);
  await vi.advanceTimersByTimeAsync(100);
  expect(call(1).request.signal.aborted).toBe(false);
  call(1).answer(answerOf({ b: 1 }));
  expect(await answer).toMatchObject({ data: { b: 1 }, isComplete: false, errors: [REFUSED] });
});

describe('time', () => {
  test('T01 is up for all at once: what is there is the answer, the rest is ended', async () => {
    const { answer, call } = setUp(2);
    call(0).answer(answerOf({ a: 1 }));
    await vi.advanceTimersByTimeAsync(850);
    expect(await answer).toMatchObject({
      data: { a: 1 },
      isComplete: false,
      errors: [{ code: 'ERR_BACKEND_TIMEOUT', message: 'backend[1] GET / did not answer in time' }],
    });
    expect(call(1).request.signal.aborted).toBe(true);
  });

  test('T01 does not wait for a backend that does not listen', async () => {
    const answer = parallelOf(
      clientOf(deafProxy),
      clientOf(async () => answerOf({ b: 1 }), 1),
    )(proxyRequest());
    await vi.advanceTimersByTimeAsync(850);
    expect(await answer).toMatchObject({ data: { b: 1 }, isComplete: false });
  });

  test('T03 an answer that comes too late changes nothing', async () => {
    const { answer, call } = setUp(2);
    call(0).answer(answerOf({ a: 1 }));
    await vi.advanceTimersByTimeAsync(850);
    call(1).answer(answerOf({ b: 1 }));
    expect((await answer).data).toEqual({ a: 1 });
  });
});

describe('a required backend', () => {
  test('T02 that fails fails the endpoint at once and ends its siblings', async () => {
    const { answer, call } = setUp(3, [1]);
    call(0).answer(answerOf({ a: 1 }));
    await vi.advanceTimersByTimeAsync(100);
    call(1).fail(REFUSED);
    await expect(answer).rejects.toBe(REFUSED);
    expect(call(2).request.signal.reason).toMatchObject({
      code: 'ERR_BACKEND_CANCELLED',
      message: 'The call was ended because backend[1] GET / is required and failed',
    });
  });

  test('that is too slow fails the endpoint as too slow', async () => {
    const { answer, call } = setUp(2, [1]);
    call(0).answer(answerOf({ a: 1 }));
    await vi.advanceTimersByTimeAsync(850);
    await expect(answer).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT', status: 504 });
  });

  test('that failed first is the one named, also when others are required', async () => {
    const { answer, call } = setUp(3, [0, 1, 2]);
    call(2).fail(REFUSED);
    await expect(answer).rejects.toBe(REFUSED);
  });

  test('that answers does not save the others', async () => {
    const { answer, call } = setUp(2, [0]);
    call(0).answer(answerOf({ a: 1 }));
    call(1).fail(REFUSED);
    expect(await answer).toMatchObject({ data: { a: 1 }, isComplete: false });
  });
});

test('T02 a request that ends takes all calls along', async () => {
  const controller = new AbortController();
  const { answer, call } = setUp(3, [], controller.signal);
  controller.abort(new Error('left'));
  await expect(answer).rejects.toMatchObject({ code: 'ERR_ENDPOINT_FAILED' });
  for (const index of [0, 1, 2]) expect(call(index).request.signal.aborted).toBe(true);
});

test('T04 dozens of backends leave neither timers nor listeners nor warnings', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  const send: Proxy = (request) =>
    new Promise((resolve) => {
      request.signal.addEventListener('abort', () => {});
      resolve(answerOf({ a: 1 }));
    });
  const proxy = parallelOf(...Array.from({ length: 36 }, (_, index) => clientOf(send, index)));
  for (let turn = 0; turn < 100; turn++) await proxy(proxyRequest({ signal }));
  const removed = new Set(remove.mock.calls.map(([, listener]) => listener));
  expect(add).toHaveBeenCalledTimes(100);
  for (const [, listener] of add.mock.calls) expect(removed).toContain(listener);
  vi.useRealTimers();
  await new Promise(setImmediate);
  vi.useFakeTimers();
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test('E03 a rejection that is no error of ours becomes one', async () => {
  const { answer, call } = setUp(2);
  call(0).fail('just a text');
  call(1).answer(answerOf({ b: 1 }));
  expect((await answer).errors).toMatchObject([{ code: 'ERR_INTERNAL', cause: 'just a text' }]);
});

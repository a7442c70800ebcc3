import { expect, test } from 'vitest';
import { createCallLimit } from '../../lib/backend/call-limit.js';
import type { BackendRequest, Proxy, ProxyResponse } from '../../lib/proxy.js';
import { backendRequest } from '../support/requests.js';
import { answerOf, createManualProxy } from '../support/transport.js';

const ANSWER = answerOf({ a: 1 });

test('O01 lets through as many calls as it may and refuses the rest at once, without calling', async () => {
  const { send, calls } = createManualProxy();
  const limited = createCallLimit('backend[0] GET /a', 2)(send as Proxy<BackendRequest>);
  const running = [limited(backendRequest()), limited(backendRequest())];
  await expect(limited(backendRequest())).rejects.toMatchObject({
    code: 'ERR_OVERLOADED',
    status: 503,
    message: 'backend[0] GET /a was not called: 2 calls to it are already under way',
  });
  expect(calls).toHaveLength(2);
  for (const call of calls) call.answer(ANSWER);
  expect(await Promise.all(running)).toEqual([ANSWER, ANSWER]);
});

test('O01 frees the place after every kind of end', async () => {
  const ends: Proxy<BackendRequest>[] = [
    async () => ANSWER,
    () => Promise.reject(new Error('failed')),
    () => {
      throw new Error('thrown');
    },
    // A layer of somebody else's that gives back nothing.
    () => undefined as unknown as Promise<ProxyResponse>,
  ];
  for (const end of ends) {
    let turn = 0;
    const limited = createCallLimit('b', 1)((request) => (turn++ < 20 ? end(request) : Promise.resolve(ANSWER)));
    for (let count = 0; count < 20; count++) {
      await Promise.resolve()
        .then(() => limited(backendRequest()))
        .catch(() => {});
    }
    expect(await limited(backendRequest())).toBe(ANSWER);
  }
});

test('O03 counts for each backend on its own', async () => {
  const bulkhead = createCallLimit('b', 1);
  const slow = bulkhead(createManualProxy().send as Proxy<BackendRequest>);
  const fast = bulkhead(async () => ANSWER);
  void slow(backendRequest());
  expect(await fast(backendRequest())).toBe(ANSWER);
});

import { describe, expect, test } from 'vitest';
import { createStatic, type StaticStrategy } from '../../lib/endpoint/static.js';
import { BackendError } from '../../lib/errors.js';
import type { Proxy, ProxyResponse } from '../../lib/proxy.js';
import { createTestGateway } from '../../lib/testing/index.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

const FAILED = new BackendError('ERR_BACKEND_STATUS', 'failed');
const DATA = Object.freeze({ s: Object.freeze({ from: 'static' }) });

const OUTCOMES: Record<string, Proxy> = {
  complete: async () => answerOf({ a: 1 }),
  details: async () => answerOf({ error_a: {} }, { isComplete: false }),
  partial: async () => answerOf({ a: 1 }, { isComplete: false, errors: [FAILED] }),
  failed: () => Promise.reject(FAILED),
};

async function run(strategy: StaticStrategy, next: Proxy): Promise<ProxyResponse> {
  return createStatic({ strategy, data: DATA })(next)(proxyRequest());
}

describe('fires', () => {
  test.each<[StaticStrategy, string[]]>([
    ['always', ['complete', 'details', 'partial', 'failed']],
    ['success', ['complete', 'details']],
    ['errored', ['partial', 'failed']],
    ['complete', ['complete']],
    ['incomplete', ['details', 'partial', 'failed']],
  ])('%s on %j', async (strategy, expected) => {
    const fired: string[] = [];
    for (const [name, next] of Object.entries(OUTCOMES)) {
      const data = await run(strategy, next).then(
        (response) => response.data,
        () => ({}),
      );
      if (data !== null && Object.hasOwn(data, 's')) fired.push(name);
    }
    expect(fired).toEqual(expected);
  });
});

test('complete does not fire on an answer with errors, whoever called it complete', async () => {
  const optimistic: Proxy = async () => answerOf({ a: 1 }, { errors: [FAILED] });
  expect((await run('complete', optimistic)).data).toEqual({ a: 1 });
  expect((await run('errored', optimistic)).data).toEqual({ a: 1, ...DATA });
});

test('sets its keys over those of the answer, and changes nothing else', async () => {
  const response = answerOf({ s: 1, a: { x: 1 } }, { metadata: { status: 201, headers: { 'x-a': '1' } } });
  expect(await run('always', async () => response)).toEqual({ ...response, data: { ...DATA, a: { x: 1 } } });
});

test('M03 leaves the marker of a partial answer, and its errors', async () => {
  expect(await run('always', OUTCOMES['partial'] as Proxy)).toMatchObject({ isComplete: false, errors: [FAILED] });
});

test('M03 answers for an endpoint that failed: incomplete, with the error for the log', async () => {
  expect(await run('always', OUTCOMES['failed'] as Proxy)).toEqual({
    data: DATA,
    isComplete: false,
    metadata: { status: 200, headers: {} },
    errors: [FAILED],
  });
});

test('hands a failure on that its strategy does not name', async () => {
  await expect(run('success', OUTCOMES['failed'] as Proxy)).rejects.toBe(FAILED);
});

test('makes an answer of no data, and of no content, one that has some', async () => {
  expect(await run('always', async () => answerOf(null))).toMatchObject({ data: DATA, isComplete: true });
  const filled = await run('always', async () => answerOf({}, { isEmpty: true }));
  expect(filled).toMatchObject({ data: DATA, isComplete: true });
  expect(filled).not.toHaveProperty('isEmpty');
});

test('M01 leaves the answer as it was', async () => {
  const response = Object.freeze(answerOf(Object.freeze({ a: 1 })));
  await run('always', async () => response);
  expect(response.data).toEqual({ a: 1 });
});

test.each(['always', 'errored', 'incomplete'] as const)(
  '%s answers for a backend that has no host',
  async (strategy) => {
    const proxy = { static: { strategy, data: { id: 1 } } };
    const gateway = createTestGateway(
      { endpoints: [{ endpoint: '/a', extra_config: { proxy }, backend: [{ url_pattern: '/' }] }] },
      { backends: {} },
    );
    const { status, body, headers } = await gateway.call({ url: '/a' });
    expect([status, body, headers['x-krakend-completed']]).toEqual([200, { id: 1 }, 'false']);
  },
);

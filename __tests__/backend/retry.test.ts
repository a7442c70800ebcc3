import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRetry, type RetryOptions } from '../../lib/backend/retry.js';
import { BackendError } from '../../lib/errors.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

const GOOD = answerOf({ a: 1 });
const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'refused');
const OPTIONS: RetryOptions = { attempts: 2, on: ['connection', 503], backoff: 100 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function statusError(status: number, retryAfter?: number): BackendError {
  return new BackendError('ERR_BACKEND_STATUS', 'status', { backendStatus: status, retryAfter });
}

/** Fails as told, once for each entry, and is good from then on. Notes when it was called. */
function attemptsThat(...failures: unknown[]) {
  const times: number[] = [];
  const start = performance.now();
  const attempt = vi.fn(async () => {
    times.push(performance.now() - start);
    if (times.length <= failures.length) throw failures[times.length - 1];
    return GOOD;
  });
  return { attempt, times };
}

async function run(
  failures: unknown[],
  options: Partial<RetryOptions> = {},
  request = proxyRequest(),
  random = () => 1,
) {
  const { attempt, times } = attemptsThat(...failures);
  const settled = createRetry(
    { ...OPTIONS, ...options },
    attempt,
    random,
  )(request).then(
    (response) => ({ response, times }),
    (error: unknown) => ({ error, times }),
  );
  await vi.runAllTimersAsync();
  return settled;
}

test('R01 a good call is made once', async () => {
  expect(await run([])).toEqual({ response: GOOD, times: [0] });
});

test('R01 a failure worth it is repeated, with pauses that double', async () => {
  expect(await run([REFUSED, statusError(503)])).toEqual({ response: GOOD, times: [0, 100, 300] });
});

test('R01 a host that kept silent is a reason where it is listed', async () => {
  const silent = new BackendError('ERR_BACKEND_TIMEOUT', 'late');
  expect(await run([silent], { on: ['timeout'] })).toMatchObject({ response: GOOD });
});

test('R01 a failure that only looks like a listed status is not repeated', async () => {
  const other = new BackendError('ERR_BACKEND_DECODE', 'html', { backendStatus: 503 });
  expect(await run([other])).toEqual({ error: other, times: [0] });
});

test('R02 no pause is longer than two seconds', async () => {
  const { times } = await run([REFUSED, REFUSED, REFUSED], { attempts: 3, backoff: 1_500 });
  expect(times).toEqual([0, 1_500, 3_500, 5_500]);
});

test('R02 the pause is random below its bound', async () => {
  expect((await run([REFUSED, REFUSED], {}, proxyRequest(), () => 0.5)).times).toEqual([0, 50, 150]);
});

test('R01 after the last attempt its failure stands', async () => {
  const last = statusError(503);
  expect(await run([REFUSED, REFUSED, last])).toMatchObject({ error: last, times: [0, 100, 300] });
});

test.each([
  ['a status that is not listed', statusError(500)],
  ['a kind that is not listed', new BackendError('ERR_BACKEND_TIMEOUT', 'late')],
  ['an answer that cannot be decoded', new BackendError('ERR_BACKEND_DECODE', 'html')],
  ['a URL that cannot be built', new BackendError('ERR_BACKEND_URL', 'missing')],
  ['a backend that is full', new BackendError('ERR_OVERLOADED', 'full')],
  ['a bug', new TypeError('bug')],
])('R01 %s is not repeated', async (_name, error) => {
  expect(await run([error])).toEqual({ error, times: [0] });
});

test('R01 a body that streams is sent once', async () => {
  const request = proxyRequest({ body: Readable.from(['x']) });
  expect(await run([REFUSED], {}, request)).toEqual({ error: REFUSED, times: [0] });
});

test('R01 a body that is held is sent again', async () => {
  const request = proxyRequest({ body: Buffer.from('x') });
  expect(await run([REFUSED], {}, request)).toMatchObject({ response: GOOD });
});

describe('R02 Retry-After', () => {
  test('lengthens the pause', async () => {
    expect((await run([statusError(503, 1)])).times).toEqual([0, 1000]);
  });

  test('that asks for more than we wait ends the matter at once', async () => {
    const patient = statusError(503, 3_000_000_000);
    expect(await run([patient])).toEqual({ error: patient, times: [0] });
    expect((await run([statusError(503, 3)])).times).toEqual([0]);
    expect((await run([statusError(503, 2)])).times).toEqual([0, 2_000]);
  });
});

test('R02 an outage costs a tenth more calls and ten, no storm', async () => {
  const attempt = vi.fn(() => Promise.reject(REFUSED));
  const retry = createRetry({ ...OPTIONS, attempts: 5 }, attempt, () => 0);
  const calls = Array.from({ length: 1000 }, () => retry(proxyRequest()).catch(() => {}));
  await vi.runAllTimersAsync();
  await Promise.all(calls);
  expect(attempt.mock.calls.length).toBeGreaterThan(1000);
  expect(attempt.mock.calls.length).toBeLessThanOrEqual(1000 * 1.1 + 10);
});

test('R02 ten retries are all that one call may cost, however many good ones came before', async () => {
  const attempt = vi.fn(() => Promise.resolve(GOOD));
  const retry = createRetry({ ...OPTIONS, attempts: 20 }, attempt, () => 0);
  for (let n = 0; n < 100; n++) await retry(proxyRequest());
  attempt.mockClear().mockImplementation(() => Promise.reject(REFUSED));
  const failed = retry(proxyRequest()).catch(() => {});
  await vi.runAllTimersAsync();
  await failed;
  expect(attempt).toHaveBeenCalledTimes(11);
});

test('R02 tells the attempt which hosts were tried', async () => {
  const seen: string[][] = [];
  const retry = createRetry(
    OPTIONS,
    async (_request, tried = []) => {
      seen.push([...tried]);
      tried.push(`h${seen.length}`);
      if (seen.length < 3) throw REFUSED;
      return GOOD;
    },
    () => 0,
  );
  const answer = retry(proxyRequest());
  await vi.runAllTimersAsync();
  await answer;
  expect(seen).toEqual([[], ['h1'], ['h1', 'h2']]);
});

test('T02 a request that ends during the pause is not repeated', async () => {
  const controller = new AbortController();
  const { attempt, times } = attemptsThat(REFUSED);
  const failed = expect(
    createRetry(OPTIONS, attempt, () => 1)(proxyRequest({ signal: controller.signal })),
  ).rejects.toBe(REFUSED);
  await vi.advanceTimersByTimeAsync(50);
  controller.abort();
  await failed;
  expect(times).toEqual([0]);
});

test('T02 a request that has ended is not repeated', async () => {
  expect(await run([REFUSED], {}, proxyRequest({ signal: AbortSignal.abort() }))).toEqual({
    error: REFUSED,
    times: [0],
  });
});

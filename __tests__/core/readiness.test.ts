import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReadiness } from '../../lib/core/readiness.js';
import { BackendError, GatewayError, NotReadyError } from '../../lib/errors.js';
import { type Logger, silentLogger } from '../../lib/logger.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function refusalOf(promise: Promise<void>): Promise<NotReadyError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(NotReadyError);
  return error as NotReadyError;
}

test('what needs nothing is ready', async () => {
  await expect(createReadiness(silentLogger).ready()).resolves.toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test('all are checked at once, and again at each call', async () => {
  const readiness = createReadiness(silentLogger);
  const checks = [vi.fn(async () => 'PONG'), vi.fn(async () => {})];
  for (const [index, check] of checks.entries()) readiness.at(`endpoints[${index}]`)(check);
  await readiness.ready();
  await readiness.ready();
  expect(checks.map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('everything that is not there is listed in the order of the configuration', async () => {
  const readiness = createReadiness(silentLogger);
  const gone = new BackendError('ERR_BACKEND_CONNECTION', 'backend[0] GET /a: there is no connection');
  const refused = new GatewayError('ERR_BACKEND_STATUS', 'backend[0] GET /c: refused');
  readiness.at('endpoints[0].backend[0]')(async () => {
    await vi.advanceTimersByTimeAsync(5);
    throw gone;
  });
  readiness.at('endpoints[1].backend[0]')(async () => {});
  readiness.at('endpoints[2].backend[0]')(() => Promise.reject(refused));
  const error = await refusalOf(readiness.ready());
  expect(error).toMatchObject({ code: 'ERR_NOT_READY', status: 503 });
  expect(error.failures).toEqual([
    { path: 'endpoints[0].backend[0]', error: gone },
    { path: 'endpoints[2].backend[0]', error: refused },
  ]);
  expect(error.message.split('\n').slice(1)).toEqual([
    '  endpoints[0].backend[0]: backend[0] GET /a: there is no connection',
    '  endpoints[2].backend[0]: backend[0] GET /c: refused',
  ]);
});

test('what a check throws of its own goes to the log and not into the error', async () => {
  const error = vi.fn();
  const logger: Logger = { ...silentLogger, error };
  const readiness = createReadiness(logger);
  const thrown = new TypeError('connect ECONNREFUSED 10.0.0.1:6379 user:secret');
  readiness.at('options.stores.redis')(() => Promise.reject(thrown));
  readiness.at('endpoints[0]')(() => {
    throw thrown;
  });
  const refusal = await refusalOf(readiness.ready());
  expect(refusal.failures.map(({ path }) => path)).toEqual(['options.stores.redis', 'endpoints[0]']);
  expect(JSON.stringify([refusal.message, refusal])).not.toMatch(/10\.0|secret/);
  const logged = error.mock.calls.map(([fields]) => fields as { at: string; err: unknown });
  expect(logged.map(({ at }) => at).sort()).toEqual(['endpoints[0]', 'options.stores.redis']);
  for (const { err } of logged) expect(err).toBe(thrown);
});

test.each([
  [undefined, 10_000],
  [{ timeout: 250 }, 250],
])('what does not answer is waited for no longer than %o says', async (options, milliseconds) => {
  const readiness = createReadiness(silentLogger);
  readiness.at('endpoints[0]')(() => new Promise(() => {}));
  readiness.at('endpoints[1]')(async () => {});
  const refusal = refusalOf(readiness.ready(options));
  const settled = vi.fn();
  void refusal.then(settled);
  await vi.advanceTimersByTimeAsync(milliseconds - 1);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  const { failures, message } = await refusal;
  expect(failures).toMatchObject([{ path: 'endpoints[0]', error: { code: 'ERR_BACKEND_TIMEOUT' } }]);
  expect(message).toContain(`no answer within ${milliseconds} ms`);
});

test('a check that fails after the time is up harms nobody', async () => {
  const readiness = createReadiness(silentLogger);
  readiness.at('endpoints[0]')(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    throw new Error('late');
  });
  const refusal = refusalOf(readiness.ready({ timeout: 100 }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await refusal).failures).toHaveLength(1);
});

test('closing ends the checks that are under way', async () => {
  const readiness = createReadiness(silentLogger);
  readiness.at('endpoints[0]')(() => new Promise(() => {}));
  readiness.at('endpoints[1]')(async () => {});
  const refusal = refusalOf(readiness.ready());
  await vi.advanceTimersByTimeAsync(1);
  readiness.close();
  expect((await refusal).failures).toMatchObject([{ path: 'endpoints[0]', error: { code: 'ERR_CLOSING' } }]);
  expect(vi.getTimerCount()).toBe(0);
});

test('whoever has all the time of the world waits', async () => {
  const readiness = createReadiness(silentLogger);
  readiness.at('endpoints[0]')(() => new Promise((resolve) => setTimeout(resolve, 60_000)));
  const ready = readiness.ready({ timeout: Number.POSITIVE_INFINITY });
  await vi.advanceTimersByTimeAsync(60_000);
  await expect(ready).resolves.toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadShedding } from '../../../lib/components/load-shedding/load-shedding.js';
import type { RejectedError } from '../../../lib/errors.js';
import type { BackendEvent, EndpointEvent } from '../../../lib/observe/observer.js';
import { createTestGateway } from '../../../lib/testing/index.js';
import { describeComponent } from '../../contracts/component.js';
import { componentScope } from '../../support/component-scope.js';

/** In thousandths of the limit. */
const heap = vi.hoisted(() => ({ used: 0 }));
vi.mock('node:v8', async (original) => ({
  ...(await original<typeof import('node:v8')>()),
  getHeapStatistics: () => ({ heap_size_limit: 2 ** 30 + 48 * 2 ** 20 }),
  getHeapSpaceStatistics: () => [
    { space_name: 'new_space', space_used_size: 2 ** 25 },
    { space_name: 'old_space', space_used_size: (heap.used * 2 ** 30) / 2_000 },
    { space_name: 'large_object_space', space_used_size: (heap.used * 2 ** 30) / 2_000 },
  ],
}));

describeComponent({
  component: loadShedding,
  valid: {},
  invalid: [
    { max_loop_delay: 200 },
    { max_loop_delay: '2m' },
    { max_heap: 1.1 },
    { max_heap: -0.1 },
    { window: '10ms' },
    { window: '1m' },
    { retry_after: 0 },
    { retry_after: 1.5 },
  ],
  scope: componentScope(),
});

beforeEach(() => {
  heap.used = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The clock goes on, and the loop does nothing meanwhile. */
function block(milliseconds: number): void {
  const now = performance.now() + milliseconds;
  const { now: read } = performance;
  vi.spyOn(performance, 'now').mockImplementation(() => read.call(performance) + milliseconds);
  expect(performance.now()).toBe(now);
}

function setUp(config: object = {}) {
  const checks: (() => RejectedError | undefined)[] = [];
  const closers: (() => void | Promise<void>)[] = [];
  const lines: unknown[][] = [];
  const warn = (...line: unknown[]) => lines.push(line);
  const settings = loadShedding.schema.parse(config);
  loadShedding.service(
    settings,
    componentScope({
      refuseWhen: (check) => checks.push(check),
      onClose: (close) => closers.push(close),
      logger: { debug() {}, info() {}, warn, error() {} },
    }),
  );
  return { refusal: () => checks[0]?.(), checks, closers, lines };
}

describe('O04 load shedding', () => {
  test('lets everybody in while all is well', () => {
    const { refusal } = setUp();
    vi.advanceTimersByTime(5_000);
    expect(refusal()).toBeUndefined();
  });

  test('sheds after a stall of the loop, and recovers when a second has passed without one', () => {
    const { refusal, lines } = setUp();
    vi.advanceTimersByTime(1_000);
    block(201);
    expect(refusal()).toBeUndefined();
    vi.advanceTimersByTime(20);
    expect(refusal()).toMatchObject({ status: 503, code: 'ERR_OVERLOADED', headers: { 'retry-after': '1' } });
    vi.advanceTimersByTime(980);
    expect(refusal()).toBeDefined();
    vi.advanceTimersByTime(20);
    expect(refusal()).toBeUndefined();
    expect(lines).toEqual([
      [{ isLate: true, isFull: false }, expect.stringContaining('shed')],
      [{}, expect.stringContaining('let in again')],
    ]);
  });

  test('does not count what came before its first look: a process takes its time to start', () => {
    const { refusal } = setUp();
    block(3_000);
    vi.advanceTimersByTime(40);
    expect(refusal()).toBeUndefined();
  });

  test('sheds while the heap is near its limit, and recovers when it is not', () => {
    const { refusal, lines } = setUp({ retry_after: 5 });
    heap.used = 751;
    vi.advanceTimersByTime(20);
    expect(refusal()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    heap.used = 670;
    vi.advanceTimersByTime(20);
    expect(refusal()).toBeUndefined();
    expect(lines[0]).toEqual([{ isLate: false, isFull: true }, expect.any(String)]);
  });

  test('believes in a full heap for a window only', () => {
    const { refusal } = setUp({ window: '2s' });
    heap.used = 950;
    vi.advanceTimersByTime(2_000);
    expect(refusal()).toBeDefined();
    vi.advanceTimersByTime(40);
    expect(refusal()).toBeUndefined();
  });

  test.each([
    [{ max_loop_delay: '0s' }, 5_000, 500, 0],
    [{ max_loop_delay: '0s' }, 0, 950, 1],
    [{ max_heap: 0 }, 0, 999, 0],
    [{ max_heap: 0 }, 300, 0, 1],
    [{ max_loop_delay: '1s', max_heap: 0.5 }, 900, 400, 0],
    [{ max_loop_delay: '1s', max_heap: 0.5 }, 0, 600, 1],
  ])('with %j a stall of %d ms and %d ‰ of the heap are %d times too much', (config, stall, used, count) => {
    const { refusal } = setUp(config);
    vi.advanceTimersByTime(100);
    block(stall);
    heap.used = used;
    vi.advanceTimersByTime(20);
    expect(refusal() ? 1 : 0).toBe(count);
  });

  test('costs nothing when both are switched off', () => {
    const { checks, closers } = setUp({ max_loop_delay: '0s', max_heap: 0 });
    expect([checks, closers]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('T04 has one timer, which ends with the configuration', () => {
    const { closers } = setUp();
    expect(vi.getTimerCount()).toBe(1);
    for (const close of closers) void close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a request that is shed calls no backend, reads no body, and is told of with its endpoint and a code', async () => {
    const events: (EndpointEvent | BackendEvent)[] = [];
    const gateway = createTestGateway(
      {
        extra_config: { 'qos/load-shedding': {}, 'telemetry/metrics': { public: true } },
        endpoints: [{ endpoint: '/x', method: 'POST', backend: [{ host: ['http://a'], url_pattern: '/a' }] }],
      },
      { backends: { 'a/a': { a: 1 } }, observe: (event) => events.push(event) },
    );
    heap.used = 950;
    vi.advanceTimersByTime(20);
    const shed = await gateway.call({ url: '/x', method: 'POST', body: 'x' });
    expect(shed).toMatchObject({ status: 503, text: '', headers: { 'retry-after': '1' }, trace: [] });
    expect(events).toMatchObject([
      { kind: 'endpoint', endpoint: '/x', method: 'POST', status: 503, outcome: 'rejected', code: 'ERR_OVERLOADED' },
    ]);

    // Nobody else is turned away: whoever asks how we are, and whoever asks for what is not ours.
    expect((await gateway.call({ url: '/__health' })).status).toBe(200);
    const stats = await gateway.call({ url: '/__stats' });
    expect(stats).toMatchObject({ status: 200, body: { 'krakend.router.response./x.status.503.count': 1 } });
    expect(await gateway.call({ url: '/of-the-app' })).toMatchObject({ matched: false });

    heap.used = 100;
    vi.advanceTimersByTime(20);
    expect(await gateway.call({ url: '/x', method: 'POST', body: 'x' })).toMatchObject({ status: 200, body: { a: 1 } });
    await gateway.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

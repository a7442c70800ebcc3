import { beforeEach, describe, expect, test } from 'vitest';
import type { BackendEvent, EndpointEvent } from '../../lib/observe/observer.js';
import { createStats, type StatsCollector } from '../../lib/observe/stats.js';

let now: number;
let stats: StatsCollector;

function open(off: { router?: boolean; pipe?: boolean; backend?: boolean } = {}): void {
  now = 0;
  stats = createStats({ collectionTime: 60_000, router: true, pipe: true, backend: true, ...off, now: () => now });
}

beforeEach(() => open());

const REQUEST: EndpointEvent = {
  kind: 'endpoint',
  endpoint: '/users/{id}',
  method: 'GET',
  status: 200,
  outcome: 'complete',
  durationMs: 2,
  bytes: 100,
};
const CALL: BackendEvent = {
  kind: 'backend',
  endpoint: '/users/{id}',
  method: 'GET',
  backend: 'backend[0] GET /u/{id}',
  pattern: '/u/{id}',
  backendMethod: 'GET',
  isShadow: false,
  status: 200,
  outcome: 'complete',
  durationMs: 1,
};

function request(event: Partial<EndpointEvent> = {}): void {
  stats.observer.started?.(REQUEST, undefined as never);
  stats.observer.ended?.({ ...REQUEST, ...event });
}

describe('createStats', () => {
  test('names things as KrakenD does', () => {
    request();
    stats.observer.ended?.(CALL);
    const { memstats, ...rest } = stats.snapshot();
    const names = Object.keys(rest);
    expect(names).toEqual(
      expect.arrayContaining([
        'krakend.router.connected',
        'krakend.router.connected-gauge',
        'krakend.router.connected-total',
        'krakend.router.disconnected-total',
        'krakend.router.response./users/{id}.status',
        'krakend.router.response./users/{id}.status.200.count',
        'krakend.router.response./users/{id}.size.max',
        'krakend.router.response./users/{id}.time.99-percentile',
        'krakend.proxy.requests.layer.pipe.name./users/{id}.complete.true.error.false',
        'krakend.proxy.requests.layer.backend.name./u/{id}.complete.true.error.false',
        'krakend.proxy.latency.layer.backend.name./u/{id}.complete.true.error.false.mean',
      ]),
    );
    expect(rest['krakend.proxy.latency.layer.backend.name./u/{id}.complete.true.error.false.max']).toBe(1e6);
    expect(rest['krakend.router.response./users/{id}.size.max']).toBe(100);
    expect(memstats).toMatchObject({ HeapAlloc: expect.any(Number) });
    expect(JSON.parse(JSON.stringify(rest))).toEqual({ ...rest });
  });

  test('tells outcomes apart', () => {
    for (const outcome of ['complete', 'partial', 'failed', 'rejected', 'aborted'] as const) request({ outcome });
    for (const outcome of ['incomplete', 'failed', 'cancelled'] as const) stats.observer.ended?.({ ...CALL, outcome });
    const snapshot = stats.snapshot();
    const pipe = 'krakend.proxy.requests.layer.pipe.name./users/{id}';
    expect(snapshot[`${pipe}.complete.true.error.false`]).toBe(1);
    expect(snapshot[`${pipe}.complete.false.error.false`]).toBe(1);
    expect(snapshot[`${pipe}.complete.false.error.true`]).toBe(3);
    const backend = 'krakend.proxy.requests.layer.backend.name./u/{id}';
    expect(snapshot[`${backend}.complete.false.error.false`]).toBe(1);
    expect(snapshot[`${backend}.complete.false.error.true`]).toBe(2);
  });

  test('counts connections of the span under way, of the one before, and all', () => {
    request();
    stats.observer.started?.(REQUEST, undefined as never);
    expect(stats.snapshot()).toMatchObject({ 'krakend.router.connected': 2, 'krakend.router.disconnected': 1 });
    now = 60_000;
    request();
    expect(stats.snapshot()).toMatchObject({
      'krakend.router.connected': 1,
      'krakend.router.connected-gauge': 2,
      'krakend.router.connected-total': 3,
      'krakend.router.disconnected-total': 2,
    });
    now = 200_000;
    expect(stats.snapshot()).toMatchObject({
      'krakend.router.connected': 0,
      'krakend.router.connected-gauge': 0,
      'krakend.router.connected-total': 3,
      'krakend.router.response./users/{id}.time.count': 2,
      'krakend.router.response./users/{id}.time.max': 0,
    });
  });

  test('leaves out what is switched off', () => {
    open({ router: false, pipe: false });
    request();
    stats.observer.ended?.(CALL);
    expect(Object.keys(stats.snapshot()).join()).not.toMatch(/router|pipe/);
    open({ backend: false });
    stats.observer.ended?.(CALL);
    expect(Object.keys(stats.snapshot()).join()).not.toContain('layer.backend');
  });

  test('a body of unknown length has no size', () => {
    request({ bytes: undefined });
    expect(Object.keys(stats.snapshot()).join()).not.toContain('size');
  });
});

test('S14 counts stray answers, unless backends are left out', () => {
  for (const backend of [true, false]) {
    open({ backend });
    stats.observer.strayed?.({ origin: 'http://users' });
    stats.observer.strayed?.({ origin: 'http://orders' });
    expect(stats.snapshot()['tributary.backend.stray_answers']).toBe(backend ? 2 : undefined);
  }
});

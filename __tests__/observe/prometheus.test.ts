import * as prometheus from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPrometheusObserver } from '../../lib/observe/prometheus.js';
import { createTestGateway, reply, type TestGateway } from '../../lib/testing/index.js';

let registry: prometheus.Registry;
let gateway: TestGateway;

beforeEach(() => {
  registry = new prometheus.Registry();
  gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/users/{id}',
          input_query_strings: ['*'],
          input_headers: ['*'],
          backend: [
            { host: ['http://users'], url_pattern: '/u/{id}' },
            { host: ['http://orders'], url_pattern: '/o', group: 'orders' },
          ],
        },
      ],
    },
    {
      observe: createPrometheusObserver(prometheus, { registry, prefix: 'gw_', buckets: [0.1, 1] }),
      backends: {
        'users/u/{id}': { id: 1 },
        'orders/o': ({ url }) => (url.includes('bad') ? reply({ status: 500 }) : {}),
      },
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
});

describe('createPrometheusObserver', () => {
  test('keeps durations, failures and what is under way', async () => {
    // A request takes no time then, however busy the machine is.
    vi.useFakeTimers({ toFake: ['performance'] });
    await gateway.call({ url: '/users/1' });
    await gateway.call({ url: '/users/2?bad=1' });
    const text = await registry.metrics();
    const endpoint = 'endpoint="/users/{id}",method="GET"';
    expect(text).toContain(`gw_request_duration_seconds_count{${endpoint},status="200",outcome="complete"} 1`);
    expect(text).toContain(`gw_request_duration_seconds_count{${endpoint},status="200",outcome="partial"} 1`);
    expect(text).toContain(
      `gw_request_duration_seconds_bucket{le="0.1",${endpoint},status="200",outcome="complete"} 1`,
    );
    expect(text).toContain(
      `gw_backend_duration_seconds_count{${endpoint},backend="backend[1] GET /o",outcome="failed"} 1`,
    );
    expect(text).toContain(`gw_failures_total{${endpoint},backend="backend[1] GET /o",code="ERR_BACKEND_STATUS"} 1`);
    expect(text).toContain(`gw_requests_in_flight{${endpoint}} 0`);
  });

  test('S14 counts the answers that no request asked for', async () => {
    const observer = createPrometheusObserver(prometheus, { registry, prefix: 'stray_' });
    for (let n = 0; n < 2; n++) observer.strayed?.({ origin: 'http://users' });
    expect(await registry.metrics()).toContain('stray_stray_answers_total 2');
  });

  test('O01 counts what finds no room, in the gateway and at a backend, by code', async () => {
    const limited = createTestGateway(
      {
        max_in_flight_requests: 3,
        endpoints: [{ endpoint: '/x', backend: [{ host: ['http://users'], url_pattern: '/u', max_pending: 2 }] }],
      },
      {
        observe: createPrometheusObserver(prometheus, { registry, prefix: 'full_' }),
        backends: { 'users/u': reply({ body: { id: 1 }, delay: 20 }) },
      },
    );
    const answers = await Promise.all(Array.from({ length: 5 }, () => limited.call({ url: '/x' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503, 503]);
    const text = await registry.metrics();
    const endpoint = 'endpoint="/x",method="GET"';
    expect(text).toContain(`full_request_duration_seconds_count{${endpoint},status="503",outcome="rejected"} 2`);
    // The two, and the one whose only backend was not called.
    expect(text).toContain(`full_failures_total{${endpoint},backend="",code="ERR_OVERLOADED"} 3`);
    expect(text).toContain(`full_failures_total{${endpoint},backend="backend[0] GET /u",code="ERR_OVERLOADED"} 1`);
    expect(text).toContain(
      `full_backend_duration_seconds_count{${endpoint},backend="backend[0] GET /u",outcome="rejected"} 1`,
    );
  });

  test('E04 nothing that clients send makes a label', async () => {
    await gateway.call({ url: '/users/1' });
    const count = async () => (await registry.metrics()).split('\n').length;
    const before = await count();
    for (let index = 0; index < 2_000; index++) await gateway.call({ url: `/${index}/nothing`, method: `M${index}` });
    for (let index = 0; index < 300; index++) {
      await gateway.call({ url: `/users/${index}?q=${index}`, headers: { 'user-agent': String(index) } });
    }
    expect(await count()).toBe(before);
  });

  test('has names and a registry by default', async () => {
    prometheus.register.clear();
    createPrometheusObserver(prometheus);
    expect(prometheus.register.getSingleMetric('tributary_request_duration_seconds')).toBeDefined();
    expect(await prometheus.register.metrics()).toContain('tributary_failures_total');
    prometheus.register.clear();
  });
});

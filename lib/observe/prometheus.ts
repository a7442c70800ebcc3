import type { Observer } from './observer.js';

/** The part of `prom-client` that is used; hand over the module itself. */
export interface PrometheusClient {
  readonly Histogram: new (options: HistogramOptions) => { observe(labels: Labels, value: number): void };
  readonly Counter: new (options: MetricOptions) => { inc(labels: Labels): void };
  readonly Gauge: new (options: MetricOptions) => { inc(labels: Labels): void; dec(labels: Labels): void };
}

type Labels = Record<string, string | number>;

interface MetricOptions {
  name: string;
  help: string;
  labelNames: string[];
  // What a registry is, only the client knows.
  registers?: never[];
}

interface HistogramOptions extends MetricOptions {
  buckets?: number[];
}

export interface PrometheusOptions {
  /** What the names of the metrics start with. Default `tributary_`. */
  readonly prefix?: string;
  /** Upper bounds of the classes of durations, in seconds. Default: 5 ms to 10 s in eleven steps. */
  readonly buckets?: readonly number[];
  /** The registry of `prom-client` to register at. Default: its global one. */
  readonly registry?: object;
}

const BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ENDPOINT = ['endpoint', 'method'];

/**
 * An observer for `options.observe` that keeps metrics in your `prom-client`: durations of requests and backend calls,
 * failures by code, requests under way. Labels hold what the configuration says, outcomes and codes; nothing of a client.
 *
 * @example
 * import * as prometheus from 'prom-client';
 * createGateway(config, { observe: createPrometheusObserver(prometheus) });
 */
export function createPrometheusObserver(client: PrometheusClient, options: PrometheusOptions = {}): Observer {
  const { prefix = 'tributary_', buckets = BUCKETS, registry } = options;

  function metric(name: string, help: string, labelNames: string[]): MetricOptions {
    // Its type is that of the user's own prom-client, which the gateway does not know.
    const registers = registry && { registers: [registry as never] };
    return { name: prefix + name, help, labelNames, ...registers };
  }
  const requests = new client.Histogram({
    ...metric('request_duration_seconds', 'Requests, until the last byte was sent', [...ENDPOINT, 'status', 'outcome']),
    buckets: [...buckets],
  });
  const calls = new client.Histogram({
    ...metric('backend_duration_seconds', 'Calls of backends, retries included', [...ENDPOINT, 'backend', 'outcome']),
    buckets: [...buckets],
  });
  const failures = new client.Counter(
    metric('failures_total', 'Failures of endpoints (without backend) and backends', [...ENDPOINT, 'backend', 'code']),
  );
  const strays = new client.Counter(metric('stray_answers_total', 'Bytes of backends that no request asked for', []));
  const underWay = new client.Gauge(metric('requests_in_flight', 'Requests under way', ENDPOINT));

  return {
    started({ endpoint, method }) {
      underWay.inc({ endpoint, method });
      return undefined;
    },

    strayed() {
      strays.inc({});
    },

    ended(event) {
      const { endpoint, method, outcome, code } = event;
      const seconds = event.durationMs / 1000;
      const backend = event.kind === 'backend' ? event.backend : '';
      if (code !== undefined) failures.inc({ endpoint, method, backend, code });
      if (event.kind === 'backend') {
        calls.observe({ endpoint, method, backend, outcome }, seconds);
        return;
      }
      underWay.dec({ endpoint, method });
      requests.observe({ endpoint, method, status: event.status, outcome }, seconds);
    },
  };
}

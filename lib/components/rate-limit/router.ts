import type { EndpointConfig } from '../../config/resolved.js';
import { ConfigError, RejectedError } from '../../errors.js';
import type { Headers, ProxyRequest, ProxyResponse } from '../../proxy.js';
import { defineComponent } from '../component.js';
import { type EntrySettings, entrySchema, openGate, strategyOf } from './entry.js';
import type { Verdict } from './gate.js';
import { checkStore } from './limiter.js';

/** Limits how often an endpoint is asked, by each client and by all of them. */
export const endpointRateLimit = defineComponent({
  namespace: 'qos/ratelimit/router',
  aliases: ['github.com/devopsfaith/krakend-ratelimit/juju/router'],
  schema: entrySchema,
  leavesData: true,
  check: ({ store }, { stores }) => checkStore(store, stores),

  endpoint(settings, scope) {
    const { endpoint } = scope;
    const at = `${endpoint.at}.extra_config["qos/ratelimit/router"]`;
    assertParam(settings, endpoint, at);
    const enter = openGate(`${endpoint.method} ${endpoint.endpoint}`, settings, at, scope);
    if (!enter) return undefined;

    return function limitRate(next) {
      function go(verdict: Verdict, request: ProxyRequest): Promise<ProxyResponse> {
        if (verdict instanceof RejectedError) return Promise.reject(verdict);
        return settings.send_headers ? next(request).then((response) => withHeaders(response, verdict)) : next(request);
      }
      return function callWithinRate(request) {
        const verdict = enter(request);
        return verdict instanceof Promise ? verdict.then((decided) => go(decided, request)) : go(verdict, request);
      };
    };
  },
});

function assertParam(settings: EntrySettings, { endpoint, segments }: EndpointConfig, at: string): void {
  if (strategyOf(settings) !== 'param') return;
  if (segments.some((segment) => 'param' in segment && segment.param === settings.key)) return;
  const message = `"${settings.key}" is not a param of ${endpoint}, so that nobody would be let in.`;
  throw new ConfigError([{ path: `${at}.key`, message }]);
}

function withHeaders(response: ProxyResponse, added: Readonly<Record<string, string>>): ProxyResponse {
  const headers: Headers = Object.assign(Object.create(null), response.metadata.headers, added);
  return { ...response, metadata: { ...response.metadata, headers } };
}

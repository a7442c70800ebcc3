import type { EndpointConfig } from '../../config/resolved.js';
import { ConfigError } from '../../errors.js';
import { defineComponent } from '../component.js';
import { type EntrySettings, entrySchema, openGate, strategyOf } from './entry.js';
import { checkStore } from './limiter.js';

/** Limits how often an endpoint is asked, by each client and by all of them. */
export const endpointRateLimit = defineComponent({
  namespace: 'qos/ratelimit/router',
  aliases: ['github.com/devopsfaith/krakend-ratelimit/juju/router'],
  schema: entrySchema,
  leavesSignal: true,
  check: ({ store }, { stores }) => checkStore(store, stores),

  admit(settings, scope) {
    const { endpoint } = scope;
    const at = `${endpoint.at}.extra_config["qos/ratelimit/router"]`;
    assertParam(settings, endpoint, at);
    return openGate(`${endpoint.method} ${endpoint.endpoint}`, settings, at, scope);
  },
});

function assertParam(settings: EntrySettings, { endpoint, segments }: EndpointConfig, at: string): void {
  if (strategyOf(settings) !== 'param') return;
  if (segments.some((segment) => 'param' in segment && segment.param === settings.key)) return;
  const message = `"${settings.key}" is not a param of ${endpoint}, so that nobody would be let in.`;
  throw new ConfigError([{ path: `${at}.key`, message }]);
}

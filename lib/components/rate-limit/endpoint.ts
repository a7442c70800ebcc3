import type { EndpointConfig } from '../../config/resolved.js';
import { ConfigError } from '../../errors.js';
import { defineComponent } from '../component.js';
import { thrownFaults } from '../thrown-faults.js';
import { type EntrySettings, entrySchema, openGate, strategyOf } from './entry.js';
import { checkStore } from './limiter.js';

/** Limits how often an endpoint is asked, by each client and by all of them. */
export const endpointRateLimit = defineComponent({
  namespace: 'qos/ratelimit/router',
  aliases: ['github.com/devopsfaith/krakend-ratelimit/juju/router'],
  schema: entrySchema,
  exposesSignal: false,
  check: ({ store }, { stores }) => checkStore(store, stores),

  checkAt: (settings, { endpoint }) => thrownFaults([() => assertParam(settings, endpoint)]),

  admit(settings, scope) {
    const { endpoint } = scope;
    const at = placeOf(endpoint);
    assertParam(settings, endpoint);
    return openGate(`${endpoint.method} ${endpoint.endpoint}`, settings, at, scope);
  },
});

function placeOf({ at }: EndpointConfig): string {
  return `${at}.extra_config["qos/ratelimit/router"]`;
}

function assertParam(settings: EntrySettings, place: EndpointConfig): void {
  const { endpoint, segments } = place;
  if (strategyOf(settings) !== 'param') return;
  if (segments.some((segment) => 'param' in segment && segment.param === settings.key)) return;
  const message = `"${settings.key}" is not a param of ${endpoint}, so that no request would be let in.`;
  throw new ConfigError([{ path: `${placeOf(place)}.key`, message }]);
}

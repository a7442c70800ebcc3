import type { ServerResponse } from 'node:http';
import { RejectedError } from '../../errors.js';
import type { Admitted } from '../../proxy.js';
import { defineComponent } from '../component.js';
import { entrySchema, openGate, strategyOf } from './entry.js';
import { checkStore } from './limiter.js';

const NO_PARAMS = Object.freeze({});

/** Limits how often the whole gateway is asked, by each client and by all of them. */
export const serviceRateLimit = defineComponent({
  namespace: 'qos/ratelimit/service',
  schema: entrySchema,

  check(settings, { stores }) {
    const faults = checkStore(settings.store, stores);
    if (strategyOf(settings) !== 'param') return faults;
    return [...faults, { path: ['strategy'], message: 'cannot be "param" here: only endpoints have params' }];
  },

  service(settings, scope) {
    const { clientIp } = scope;
    const enter = openGate('the gateway', settings, 'extra_config["qos/ratelimit/service"]', scope);
    if (!enter) return undefined;

    function go(verdict: Admitted, response: ServerResponse, next: () => void): void {
      if (verdict instanceof RejectedError) {
        response.writeHead(verdict.status, { 'content-length': '0', ...verdict.headers });
        response.end();
        return;
      }
      for (const [name, value] of Object.entries(verdict ?? {})) response.setHeader(name, value);
      next();
    }

    return function limitRate(request, response, next) {
      const client = { ip: clientIp(request), headers: request.headers };
      const verdict = enter({ client, params: NO_PARAMS });
      if (!(verdict instanceof Promise)) return go(verdict, response, next);
      verdict.then((decided) => go(decided, response, next)).catch(next);
    };
  },
});

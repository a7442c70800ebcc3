import { z } from 'zod';
import { BackendError } from '../../errors.js';
import { defineComponent } from '../component.js';
import { checkStore, createLimiter } from './limiter.js';
import { capacity, every, rate, storeFields, toLimit } from './settings.js';
import type { Decision } from './store.js';

const schema = z.strictObject({
  max_rate: rate.meta({
    description: 'Calls of the backend in the time of `every`, for all clients together; 0 for no limit.',
    examples: [300],
  }),
  capacity: capacity.meta({ description: 'How many of them may be made at once.' }),
  every,
  ...storeFields,
});

/** Limits how often a backend is called. A call that is one too many fails, as one that the backend fails does. */
export const backendRateLimit = defineComponent({
  namespace: 'qos/ratelimit/proxy',
  aliases: ['github.com/devopsfaith/krakend-ratelimit/juju/proxy'],
  schema,
  readsData: false,
  exposesSignal: false,
  check: ({ store }, { stores }) => checkStore(store, stores),

  backend(settings, scope) {
    const { endpoint, backend } = scope;
    const limit = toLimit(settings.max_rate, settings.capacity, settings.every);
    if (!limit) return undefined;
    const place = `${endpoint.method} ${endpoint.endpoint} ${backend.name}`;
    const take = createLimiter({ ...settings, name: place, limit, maxKeys: 2 }, scope);

    function overLimit(decision: Decision | undefined): BackendError {
      const message = decision
        ? `${backend.name} was not called: its rate limit is used up`
        : `${backend.name} was not called: the store of its rate limit fails`;
      return new BackendError('ERR_BACKEND_LIMIT', message, { retryAfter: (decision?.retryAfter ?? 0) / 1_000 });
    }

    return function limitCalls(next) {
      return function callWithinRate(request) {
        const decision = take('');
        if (decision instanceof Promise) {
          return decision.then((decided) => {
            if (!decided?.isAllowed) throw overLimit(decided);
            return next(request);
          });
        }
        return decision?.isAllowed ? next(request) : Promise.reject(overLimit(decision));
      };
    };
  },
});

import { defineConfig } from 'express-tributary';
import { orders, recommendations, users } from './backends.mjs';

/** Call it once the backends listen: only then are their addresses known. */
export function createConfig() {
  return defineConfig({
    timeout: '1s',
    endpoints: [
      {
        // Everything a profile page needs, from three services at once.
        endpoint: '/users/{id}',
        backend: [
          { host: [users.origin], url_pattern: '/users/{id}', allow: ['id', 'name', 'email'] },
          {
            host: [orders.origin],
            url_pattern: '/orders?user={id}',
            is_collection: true,
            mapping: { collection: 'orders' },
          },
          { host: [recommendations.origin], url_pattern: '/for/{id}', allow: ['products'], group: 'recommended' },
        ],
      },
      {
        // The client's own `?status=` is let through to the backends.
        endpoint: '/users/{id}/orders',
        input_query_strings: ['status'],
        backend: [
          { host: [users.origin], url_pattern: '/users/{id}', allow: ['name'], mapping: { name: 'customer' } },
          {
            host: [orders.origin],
            url_pattern: '/orders?user={id}',
            is_collection: true,
            mapping: { collection: 'orders' },
          },
        ],
      },
      {
        // One body, two services, one after the other: an order that was refused teaches nothing.
        endpoint: '/orders',
        method: 'POST',
        extra_config: { proxy: { sequential: true } },
        backend: [
          { host: [orders.origin], url_pattern: '/orders' },
          { host: [recommendations.origin], url_pattern: '/learn' },
        ],
      },
    ],
  });
}

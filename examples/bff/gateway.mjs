import { defineConfig } from 'express-tributary';
import {
  carts,
  catalogs,
  cms,
  events,
  media,
  orders,
  payments,
  pricing,
  reviews,
  search,
  shipping,
  stock,
  users,
} from './services.mjs';

/** The backend for the shop's front end. Call it once the services listen. */
export function createConfig() {
  // Named once: the catalog runs twice, and calls take turns.
  const catalog = catalogs.map((service) => service.origin);

  return defineConfig({
    name: 'shop',
    timeout: '800ms',
    endpoints: [
      {
        endpoint: '/home',
        cache_ttl: '60s',
        backend: [
          { host: [cms.origin], url_pattern: '/pages/home', group: 'page' },
          { host: catalog, url_pattern: '/featured', is_collection: true, mapping: { collection: 'featured' } },
        ],
      },
      {
        endpoint: '/products',
        cache_ttl: '30s',
        input_query_strings: ['category', 'page'],
        backend: [
          { host: catalog, url_pattern: '/products', is_collection: true, mapping: { collection: 'products' } },
        ],
      },
      {
        // Without the product there is no page; without price, stock or stars there still is.
        endpoint: '/products/{sku}',
        backend: [
          { host: catalog, url_pattern: '/products/{sku}', required: true, deny: ['supplier_id'] },
          { host: [pricing.origin], url_pattern: '/prices/{sku}', group: 'price' },
          { host: [stock.origin], url_pattern: '/stock/{sku}', allow: ['available'] },
          { host: [reviews.origin], url_pattern: '/reviews/{sku}/summary', target: 'data', group: 'rating' },
        ],
      },
      {
        // The answer is the array itself.
        endpoint: '/products/{sku}/reviews',
        output_encoding: 'json-collection',
        backend: [{ host: [reviews.origin], url_pattern: '/reviews/{sku}', encoding: 'json', is_collection: true }],
      },
      {
        endpoint: '/search',
        input_query_strings: ['q'],
        backend: [
          { host: [search.origin], url_pattern: '/search', deny: ['debug', 'took'], mapping: { found: 'products' } },
        ],
      },
      {
        endpoint: '/carts/{cart}',
        backend: [
          { host: [carts.origin], url_pattern: '/carts/{cart}', required: true },
          { host: [pricing.origin], url_pattern: '/totals/{cart}', allow: ['total', 'currency'] },
        ],
      },
      {
        // The same body goes to both, one after the other: what the cart has refused is no event.
        endpoint: '/carts/{cart}/items',
        method: 'POST',
        extra_config: { proxy: { sequential: true } },
        backend: [
          { host: [carts.origin], url_pattern: '/carts/{cart}/items', required: true },
          { host: [events.origin], url_pattern: '/events' },
        ],
      },
      {
        endpoint: '/carts/{cart}/items/{line}',
        method: 'DELETE',
        backend: [{ host: [carts.origin], url_pattern: '/carts/{cart}/items/{line}' }],
      },
      {
        // Only here does the client's token travel on, and only to the users service.
        endpoint: '/me',
        input_headers: ['Authorization'],
        backend: [
          { host: [users.origin], url_pattern: '/me', required: true, deny: ['password_hash', 'address.geo'] },
          {
            host: [orders.origin],
            url_pattern: '/orders',
            input_headers: [''],
            is_collection: true,
            mapping: { collection: 'recent_orders' },
          },
        ],
      },
      {
        // Paid is what was ordered: the payment needs the number of the order, so it waits for it. When the payment fails,
        // the answer still has the order and is marked incomplete: the client pays for that one, and does not order again.
        endpoint: '/checkout',
        method: 'POST',
        timeout: '3s',
        extra_config: { proxy: { sequential: true } },
        backend: [
          { host: [orders.origin], url_pattern: '/orders' },
          { host: [payments.origin], url_pattern: '/orders/{resp0_order}/payment', group: 'payment' },
        ],
      },
      {
        endpoint: '/orders/{id}',
        backend: [
          { host: [orders.origin], url_pattern: '/orders/{id}', deny: ['internal_note'] },
          {
            host: [shipping.origin],
            url_pattern: '/parcels?order={id}',
            allow: ['trk', 'eta'],
            mapping: { trk: 'tracking' },
            group: 'parcel',
          },
        ],
      },
      {
        // Streamed through untouched, whatever is below /media.
        endpoint: '/media/*',
        output_encoding: 'no-op',
        input_headers: ['Accept', 'If-None-Match', 'Range'],
        backend: [{ host: [media.origin], url_pattern: '/files/*' }],
      },
    ],
  });
}

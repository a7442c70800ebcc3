// The services of a shop, as far as this example needs them.
import { createService } from '../support/service.mjs';

const PRODUCTS = {
  tea: { sku: 'tea', title: 'Green tea', category: 'drinks', supplier_id: 77 },
  cup: { sku: 'cup', title: 'Blue cup', category: 'kitchen', supplier_id: 12 },
};
const PRICES = { tea: { amount: 4.2, currency: 'EUR' }, cup: { amount: 9, currency: 'EUR' } };

function createCatalog(name) {
  return createService(name, {
    'GET /products': ({ query }) => ({
      body: Object.values(PRODUCTS).filter(({ category }) => category === (query.category ?? category)),
    }),
    'GET /products/:sku': ({ params }) => (PRODUCTS[params.sku] ? { body: PRODUCTS[params.sku] } : undefined),
    'GET /featured': () => ({ body: [PRODUCTS.cup] }),
  });
}

/** Two copies of one service, to be balanced. */
export const catalogs = [createCatalog('catalog-a'), createCatalog('catalog-b')];

export const pricing = createService('pricing', {
  'GET /prices/:sku': ({ params }) => (PRICES[params.sku] ? { body: PRICES[params.sku] } : undefined),
  'GET /totals/:cart': () => ({ body: { total: 13.2, currency: 'EUR' } }),
});

export const stock = createService('stock', {
  'GET /stock/:sku': ({ params }) => ({ body: { sku: params.sku, available: 3, shelf: 'B7', updated: '2026-01-01' } }),
});

export const reviews = createService('reviews', {
  'GET /reviews/:sku': () => ({
    body: [
      { stars: 5, text: 'Fine' },
      { stars: 4, text: 'Good' },
    ],
  }),
  'GET /reviews/:sku/summary': () => ({ body: { meta: { took: 2 }, data: { stars: 4.5, count: 2 } } }),
});

export const search = createService('search', {
  'GET /search': ({ query }) => ({
    body: {
      took: 3,
      debug: { shard: 1 },
      query: query.q,
      found: Object.values(PRODUCTS).filter((p) => p.title.includes(query.q)),
    },
  }),
});

export const cms = createService('cms', {
  'GET /pages/home': () => ({ body: { headline: 'Welcome', teaser: 'New cups have come in' } }),
});

export const carts = createService('carts', {
  'GET /carts/:cart': ({ params }) => ({ body: { id: params.cart, lines: [{ line: 1, sku: 'tea', count: 1 }] } }),
  'POST /carts/:cart/items': ({ params, body }) => ({ status: 201, body: { cart: params.cart, added: body } }),
  'DELETE /carts/:cart/items/:line': () => ({ status: 204 }),
});

export const events = createService('events', {
  'POST /events': ({ body }) => ({ status: 202, body: { event: { seen: body.sku } } }),
});

export const users = createService('users', {
  'GET /me': ({ headers }) =>
    headers.authorization === 'Bearer ada'
      ? { body: { id: 1, name: 'Ada Byron', password_hash: 'secret', address: { city: 'London', geo: [0, 0] } } }
      : { status: 401, body: { error: 'who are you?' } },
});

export const orders = createService('orders', {
  'GET /orders': () => ({ body: [{ id: 100, total: 13.2 }] }),
  'GET /orders/:id': ({ params }) => ({ body: { id: Number(params.id), total: 13.2, internal_note: 'fragile' } }),
  'POST /orders': ({ body }) =>
    body.cart === 'empty'
      ? { status: 409, body: { error: 'there is nothing in this cart' } }
      : { status: 201, body: { order: 101, cart: body.cart } },
});

export const payments = createService('payments', {
  'POST /orders/:id/payment': ({ params }) => ({
    status: 201,
    body: { order: Number(params.id), state: 'authorised' },
  }),
});

export const shipping = createService('shipping', {
  'GET /parcels': ({ query }) => ({ body: { order: Number(query.order), trk: 'Z1', eta: '2026-02-01' } }),
});

export const media = createService('media', {
  'GET /files/img/:name': ({ params, headers }) => ({
    headers: { 'content-type': 'image/svg+xml', etag: '"1"', 'x-accepts': headers.accept ?? '' },
    body: `<svg xmlns="http://www.w3.org/2000/svg"><title>${params.name}</title></svg>`,
  }),
});

export const services = [
  ...catalogs,
  pricing,
  stock,
  reviews,
  search,
  cms,
  carts,
  events,
  users,
  orders,
  payments,
  shipping,
  media,
];

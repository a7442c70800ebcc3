import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestGateway, reply, type TestGatewayOptions } from '../../lib/testing/index.js';
import { ROOT, type RunningExample, startExample } from '../support/example.js';

let shop: RunningExample;

beforeAll(async () => {
  shop = await startExample('examples/bff/server.mjs');
}, 30_000);

afterAll(async () => {
  const { code, errors } = await shop.stop();
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
});

const TEA = { sku: 'tea', title: 'Green tea', category: 'drinks', supplier_id: 77 };
const CUP = { sku: 'cup', title: 'Blue cup', category: 'kitchen', supplier_id: 12 };
const PAGE = { headline: 'Welcome', teaser: 'New cups have come in' };

function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

interface Case {
  path: string;
  init?: RequestInit;
  json: unknown;
  completed?: string;
  cache?: string;
}

const cases: Record<string, Case> = {
  'two groups, cacheable for a minute': {
    path: '/shop/home',
    json: { page: PAGE, featured: [CUP] },
    cache: 'public, max-age=60',
  },
  'a renamed collection, with a query that is let through': {
    path: '/shop/products?category=drinks&admin=1',
    json: { products: [TEA] },
    cache: 'public, max-age=30',
  },
  'four backends in one product page': {
    path: '/shop/products/tea',
    json: {
      sku: 'tea',
      title: 'Green tea',
      category: 'drinks',
      price: { amount: 4.2, currency: 'EUR' },
      available: 3,
      rating: { stars: 4.5, count: 2 },
    },
  },
  'an array at the top': {
    path: '/shop/products/tea/reviews',
    json: [
      { stars: 5, text: 'Fine' },
      { stars: 4, text: 'Good' },
    ],
  },
  'a search without its inner workings': { path: '/shop/search?q=tea', json: { query: 'tea', products: [TEA] } },
  'a cart and its total': {
    path: '/shop/carts/c1',
    json: { id: 'c1', lines: [{ line: 1, sku: 'tea', count: 1 }], total: 13.2, currency: 'EUR' },
  },
  'one body for two services': {
    path: '/shop/carts/c1/items',
    init: post({ sku: 'cup' }),
    json: { cart: 'c1', added: { sku: 'cup' }, event: { seen: 'cup' } },
  },
  'an order placed and paid for': {
    path: '/shop/checkout',
    init: post({ cart: 'c1' }),
    json: { order: 101, cart: 'c1', payment: { order: 101, state: 'authorised' } },
  },
  'the client as its token says': {
    path: '/shop/me',
    init: { headers: { authorization: 'Bearer ada' } },
    json: { id: 1, name: 'Ada Byron', address: { city: 'London' }, recent_orders: [{ id: 100, total: 13.2 }] },
  },
  'an order and its parcel': {
    path: '/shop/orders/100',
    json: { id: 100, total: 13.2, parcel: { tracking: 'Z1', eta: '2026-02-01' } },
  },
};

test.each(Object.entries(cases))('%s', async (_title, { path, init, json, completed = 'true', cache = null }) => {
  const answer = await shop.call(path, init);
  expect(answer.json).toEqual(json);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-krakend-completed')).toBe(completed);
  expect(answer.headers.get('cache-control')).toBe(cache);
});

test('deleting answers with an empty document', async () => {
  const answer = await shop.call('/shop/carts/c1/items/1', { method: 'DELETE' });
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({});
});

test('media are passed through with their headers', async () => {
  const answer = await shop.call('/shop/media/img/cup.svg', { headers: { accept: 'image/*', cookie: 'a=b' } });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('<title>cup.svg</title>');
  expect(answer.headers.get('content-type')).toBe('image/svg+xml');
  expect(answer.headers.get('etag')).toBe('"1"');
  expect(answer.headers.get('x-accepts')).toBe('image/*');
});

test('a product that is not there fails the page, whatever the others say', async () => {
  const answer = await shop.call('/shop/products/unknown');
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('available');
});

test('without a token there is no profile', async () => {
  expect((await shop.call('/shop/me')).status).toBe(500);
});

test('an order that is refused is no checkout', async () => {
  const answer = await shop.call('/shop/checkout', post({ cart: 'empty' }));
  expect([answer.status, answer.text]).toEqual([500, '']);
});

describe('what must not happen before something else has', () => {
  // The example has no types.
  const load = (file: string) => import(/* @vite-ignore */ `${ROOT}examples/bff/${file}`);
  interface Service {
    start(): Promise<void>;
    stop(): Promise<void>;
  }

  // They only have addresses once they listen.
  beforeAll(async () => {
    const { services }: { services: Service[] } = await load('services.mjs');
    await Promise.all(services.map((service) => service.start()));
    return () => Promise.all(services.map((service) => service.stop()));
  });

  /** Posts to the shop's endpoint; which of its backends were called, in which order? */
  async function callsOf(url: string, backends: TestGatewayOptions['backends']) {
    const { createConfig } = await load('gateway.mjs');
    const gateway = createTestGateway(createConfig(), { backends });
    const { status, headers, body, trace } = await gateway.call({ url, method: 'POST', body: { cart: 'c1' } });
    await gateway.close();
    const calls = trace.flatMap(({ calls: made }) => made.map((call) => new URL(call.url).pathname));
    return { status, completed: headers['x-krakend-completed'], body, calls };
  }
  const order = { order: 101, cart: 'c1' };
  const payment = 'POST */orders/{id}/payment';

  test('a payment waits for its order, and has the number of it', async () => {
    let isOrdered = false;
    const backends = {
      'POST */orders': async () => {
        await new Promise(setImmediate);
        isOrdered = true;
        return order;
      },
      [payment]: () => ({ isOrdered }),
    };
    expect(await callsOf('/checkout', backends)).toEqual({
      status: 200,
      completed: 'true',
      body: { ...order, payment: { isOrdered: true } },
      calls: ['/orders', '/orders/101/payment'],
    });
  });

  test.each([
    ['is refused', reply({ status: 409 }), 500],
    ['has no number', { cart: 'c1' }, 200],
  ])('an order that %s is not paid for', async (_title, answer, status) => {
    const outcome = await callsOf('/checkout', { 'POST */orders': answer, [payment]: {} });
    expect(outcome).toMatchObject({ status, completed: 'false', calls: ['/orders'] });
  });

  test('an order whose payment fails is told to the client, as not complete', async () => {
    const outcome = await callsOf('/checkout', { 'POST */orders': order, [payment]: reply({ status: 402 }) });
    expect(outcome).toMatchObject({ status: 200, completed: 'false', body: order });
  });

  test('what the cart has refused is no event', async () => {
    const backends = { 'POST */carts/{id}/items': reply({ status: 409 }), 'POST */events': {} };
    const outcome = await callsOf('/carts/c1/items', backends);
    expect(outcome).toMatchObject({ status: 500, calls: ['/carts/c1/items'] });
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { curlLines, type RunningExample, startExample } from '../support/example.js';

let example: RunningExample;

beforeAll(async () => {
  example = await startExample('examples/express/server.mjs');
}, 30_000);

afterAll(async () => {
  const { code, errors } = await example.stop();
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
});

const ADA = { id: 1, name: 'Ada Byron', email: 'ada@example.com' };
const PRODUCTS = [
  { sku: 'tea', title: 'Green tea' },
  { sku: 'cup', title: 'Blue cup' },
];
const OPEN = { id: 100, user: 1, total: 49.9, status: 'open' };
const DELIVERED = { id: 101, user: 1, total: 12, status: 'delivered' };

test('the curl lines it prints answer with merged documents, and turn partial when a backend is down', async () => {
  const lines = curlLines(example.output);
  expect(lines).toHaveLength(5);
  const [profile, orders, post, stop, start] = lines.map(
    ({ url, init }) =>
      () =>
        example.call(url, init),
  );
  if (!profile || !orders || !post || !stop || !start) throw new Error('unreachable');

  const whole = await profile();
  expect(whole.status).toBe(200);
  expect(whole.headers.get('x-krakend-completed')).toBe('true');
  expect(whole.json).toEqual({ ...ADA, orders: [OPEN, DELIVERED], recommended: { products: PRODUCTS } });

  const filtered = await orders();
  expect(filtered.json).toEqual({ customer: 'Ada Byron', orders: [OPEN] });

  const created = await post();
  expect(created.json).toEqual({ order: { id: 103, status: 'open', user: 1, sku: 'tea' }, next: [PRODUCTS[1]] });

  expect((await stop()).text).toBe('recommendations is down\n');
  const partial = await profile();
  expect(partial.status).toBe(200);
  expect(partial.headers.get('x-krakend-completed')).toBe('false');
  expect(partial.json).toEqual({ ...ADA, orders: [OPEN, DELIVERED] });

  await start();
  const again = await profile();
  expect(again.headers.get('x-krakend-completed')).toBe('true');
  expect(again.json).toEqual(whole.json);
});

test('a path that no endpoint has is left to the application', async () => {
  const { status, text } = await example.call('/api/nothing');
  expect(status).toBe(404);
  expect(text).toContain('Cannot GET /api/nothing');
});

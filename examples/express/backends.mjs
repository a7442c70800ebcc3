// Three services that know nothing of each other.
import { createService } from '../support/service.mjs';

const USERS = {
  1: { id: 1, name: 'Ada Byron', email: 'ada@example.com', password_hash: 'not for clients' },
  2: { id: 2, name: 'Alan Mathison', email: 'alan@example.com', password_hash: 'not for clients' },
};

const ORDERS = [
  { id: 100, user: 1, total: 49.9, status: 'open' },
  { id: 101, user: 1, total: 12, status: 'delivered' },
  { id: 102, user: 2, total: 7.5, status: 'open' },
];

const PRODUCTS = [
  { sku: 'tea', title: 'Green tea' },
  { sku: 'cup', title: 'Blue cup' },
];

export const users = createService('users', {
  'GET /users/:id': ({ params }) => (USERS[params.id] ? { body: USERS[params.id] } : undefined),
});

export const orders = createService('orders', {
  'GET /orders': ({ query }) => ({
    body: ORDERS.filter(({ user, status }) => user === Number(query.user) && status === (query.status ?? status)),
  }),
  'POST /orders': ({ body }) => ({ status: 201, body: { order: { id: 103, status: 'open', ...body } } }),
});

export const recommendations = createService('recommendations', {
  'GET /for/:user': ({ params }) => ({ body: { user: Number(params.user), products: PRODUCTS } }),
  'POST /learn': ({ body }) => ({ body: { next: PRODUCTS.filter(({ sku }) => sku !== body.sku) } }),
});

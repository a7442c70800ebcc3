import { randomUUID } from 'node:crypto';
import { createGateway, defineConfig } from 'express-tributary';

/**
 * `orders` and `confirmations` are the backends that write the one and read the other: topics of a broker, or functions of
 * this process, which are in `functions`.
 */
export function createOrderGateway({ orders, confirmations, functions = {} }, mailbox) {
  const config = defineConfig({
    endpoints: [
      {
        // Publishes an order and answers with its own confirmation, or says that there was none in time.
        endpoint: '/orders',
        method: 'POST',
        timeout: '10s',
        input_headers: ['Content-Type'],
        extra_config: { 'modifier/js': { request: 'number', response: 'tell' } },
        backend: [
          // Both are called at once: the request waits for the confirmation before the order is out.
          { extra_config: { 'backend/function': 'confirmationOf' } },
          { extra_config: orders, required: true },
        ],
      },
      {
        // Every confirmation once, for any client that asks: for a worker that goes through all of them.
        endpoint: '/confirmations/next',
        timeout: '10s',
        backend: [{ extra_config: confirmations }],
      },
    ],
  });

  return createGateway(config, {
    functions: {
      ...functions,
      // The gateway's own number, so that no client can wait for the order of another.
      number: ({ headers }) => ({ headers: { ...headers, 'x-order-id': randomUUID() } }),
      confirmationOf: ({ headers, signal }) => mailbox.wait(headers['x-order-id'], signal),
      tell: ({ data }, { headers }) => ({ data: { order: headers['x-order-id'], status: 'accepted', ...data } }),
    },
  });
}

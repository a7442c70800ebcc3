import { defineConfig, RejectedError } from 'express-tributary';
import { serve } from '../support/serve.mjs';
import { createService } from '../support/service.mjs';

const carts = createService('carts', {
  'GET /carts/:id': ({ params, headers }) => ({
    body: { id: params.id, shop: headers['x-shop'], lines: [{ sku: 'tea', count: 2, price: 4.2 }] },
  }),
});
const rewards = createService('rewards', {
  'GET /rewards/:id': () => ({ body: { points: 7 } }),
});

const functions = {
  /** Endpoint, request: turns away what no backend should see. */
  checkId(request) {
    if (!/^c\d+$/.test(request.params.id)) throw new RejectedError(404, 'no such cart');
  },
  /** Backend, request: adds a header. */
  addShop(request) {
    return { headers: { ...request.headers, 'x-shop': 'downtown' } };
  },
  /** Backend, when: members only. */
  isMember(request) {
    return request.client.headers['x-plan'] === 'member';
  },
  /** Endpoint, response: sums up what several backends brought. */
  addTotal({ data }) {
    const total = data.lines.reduce((sum, { count, price }) => sum + count * price, 0);
    return { data: { ...data, total } };
  },
};

function createConfig() {
  return defineConfig({
    endpoints: [
      {
        endpoint: '/carts/{id}',
        extra_config: { 'modifier/js': { request: 'checkId', response: 'addTotal' } },
        backend: [
          { host: [carts.origin], url_pattern: '/carts/{id}', extra_config: { 'modifier/js': { request: 'addShop' } } },
          {
            host: [rewards.origin],
            url_pattern: '/rewards/{id}',
            extra_config: { 'modifier/js': { when: 'isMember' } },
          },
        ],
      },
    ],
  });
}

await serve({
  services: [carts, rewards],
  createConfig,
  options: { functions },
  lines: (url) => `  curl ${url}/carts/c1
  curl -H 'X-Plan: member' ${url}/carts/c1
  curl -i ${url}/carts/nonsense`,
});

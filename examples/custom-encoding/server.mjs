import { defineConfig } from 'express-tributary';
import { serve } from '../support/serve.mjs';
import { createService } from '../support/service.mjs';

const prices = createService('prices', {
  'GET /prices.csv': () => ({ headers: { 'content-type': 'text/csv' }, body: 'sku,price\ntea,4.20\ncup,9.00\n' }),
});

/** Comma-separated values, both ways: a backend that sends them, and an endpoint that answers with them. */
const csv = {
  name: 'csv',
  decoder: () => (body) => {
    const [head = '', ...lines] = body.toString().trim().split('\n');
    const names = head.split(',');
    return {
      collection: lines.map((line) => Object.fromEntries(line.split(',').map((value, index) => [names[index], value]))),
    };
  },
  encode: (data) => {
    const rows = data?.collection ?? [];
    const names = Object.keys(rows[0] ?? {});
    const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
    return { contentType: 'text/csv; charset=utf-8', body: `${lines.map((line) => line.join(',')).join('\n')}\n` };
  },
};

function createConfig() {
  const backend = [{ host: [prices.origin], url_pattern: '/prices.csv', encoding: 'csv' }];
  return defineConfig({
    endpoints: [
      { endpoint: '/prices', backend: [{ ...backend[0], mapping: { collection: 'prices' } }] },
      { endpoint: '/prices.csv', output_encoding: 'csv', backend },
    ],
  });
}

await serve({
  services: [prices],
  createConfig,
  options: { encodings: [csv] },
  lines: (url) => `  curl ${url}/prices
  curl ${url}/prices.csv`,
});

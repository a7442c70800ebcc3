/**
 * What reading JSON strictly costs: the decoder of `json` against `JSON.parse(body.toString())`, on documents without a
 * number that needs care, and on one with many; and the share of it that is spent looking for such numbers.
 *
 *   npm run build && node __tests__/bench/numbers.mjs
 *
 * The figures are those of the best of many short runs in turns, which is what a busy machine leaves comparable.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { json } = require('../../dist/cjs/encoding/json.js');
const { mayHoldExactNumber } = require('../../dist/cjs/encoding/json-scan.js');
const decode = json.decoder(false);

function product(id) {
  return {
    id,
    sku: `SKU-${id}-AB`,
    title: `Product number ${id} with a longer title`,
    price: 19.99 + (id % 7),
    in_stock: id % 3 === 0,
    tags: ['new', 'sale', `x${id}`],
    dimensions: { width: 10.5, height: 3, unit: 'cm' },
    created_at: '2024-05-01T12:00:00.000Z',
    url: `https://shop.example/p/${id}?a=1`,
    description: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore',
    seller: null,
  };
}

function documentOf(bytes, write) {
  const items = [];
  let text = '';
  for (let id = 1000; text.length < bytes; id++) {
    items.push(write(id));
    text = `{"total":${items.length},"items":[${items.join(',')}]}`;
  }
  return text;
}

function plain(id) {
  return JSON.stringify(product(id));
}

const documents = {
  '56 KB': documentOf(56_000, plain),
  '56 KB, not ASCII': documentOf(56_000, (id) => plain(id).replace('Lorem', 'Lörem')),
  '56 KB, with hashes': documentOf(56_000, (id) => plain(id).replace('Lorem', `3f2504e04f8941d39a0c0305e82c${id}`)),
  '0.5 KB': documentOf(400, plain),
  '56 KB, prices like 19.90': documentOf(56_000, (id) => plain(id).replace(/"price":[\d.]+/, '"price":19.90')),
};

function timeOf(run, rounds) {
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) run();
  return Number(process.hrtime.bigint() - start) / rounds;
}

for (const [name, text] of Object.entries(documents)) {
  const body = Buffer.from(text);
  const runs = [() => JSON.parse(body.toString()), () => decode(body), () => mayHoldExactNumber(text)];
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  const rounds = Math.ceil(300_000 / body.length);
  for (const run of runs) timeOf(run, rounds * 200);
  for (let sample = 0; sample < 1_500; sample++) {
    runs.forEach((run, index) => {
      best[index] = Math.min(best[index], timeOf(run, rounds));
    });
  }
  const [native, ours, search] = best;
  const share = name.includes('19.90') ? '' : `, of which looking for numbers ${(search / native).toFixed(3)}`;
  console.log(
    `${name}: JSON.parse ${(native / 1000).toFixed(2)} µs, decoder ${(ours / 1000).toFixed(2)} µs, ratio ${(ours / native).toFixed(3)}${share}`,
  );
}

// How long an answer takes at half of what a contender can do, and at half of what the slowest one can do:
//
// npm run bench:latency -- [--case aggregate-2] [--contender NAME,…] [--rounds 5] [--seconds 3] [--warmup 4]
//                          [--connections 64] [--library FOLDER] [--json]
//
// Requests come at random, whether or not the ones before have been answered, and are timed from when they were due.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildLibrary } from './library.mjs';
import { inTurns, openCase } from './measure.mjs';
import { summary, table } from './report.mjs';

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'aggregate-2' },
    contender: {
      type: 'string',
      default: 'tributary-express5,tributary-express5-options,express-undici,express-axios,tributary-http,http-undici',
    },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    library: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const PERCENTILES = ['p50', 'p90', 'p99', 'p999', 'max'];
const SATURATION_ROUNDS = 5;
const SATURATION_MILLISECONDS = 500;

const names = values.contender.split(',');
const connections = Number(values.connections);
const milliseconds = Number(values.seconds) * 1000;
const library = values.library ? resolve(values.library) : buildLibrary();
const opened = await openCase(
  values.case,
  names.map((name) => ({ name })),
  library,
);

/** The percentiles of several runs, each with their median, at as many requests per second. */
async function measureAt(rates) {
  const runs = names.map(() => []);
  for (const index of inTurns(names.length, Number(values.rounds))) {
    runs[index].push(await opened.load(index, { kind: 'open', connections, milliseconds, rate: rates[index] }));
  }
  return runs.map((own, index) => ({
    rate: rates[index],
    ...Object.fromEntries(PERCENTILES.map((name) => [name, summary(own.map((run) => run[name]))])),
  }));
}

let saturations;
let own;
let common;
try {
  await opened.check();
  for (const index of names.keys())
    await opened.turn(index, { connections, milliseconds: Number(values.warmup) * 1000 });
  const rates = names.map(() => []);
  for (const index of inTurns(names.length, SATURATION_ROUNDS)) {
    const { rate } = await opened.turn(index, { connections, milliseconds: SATURATION_MILLISECONDS });
    rates[index].push(rate);
  }
  saturations = rates.map((all) => summary(all).median);
  own = await measureAt(saturations.map((rate) => rate / 2));
  common = await measureAt(names.map(() => Math.min(...saturations) / 2));
  await opened.check();
} finally {
  await opened.close();
}

if (values.json) {
  const results = names.map((name, index) => [
    name,
    { saturation: saturations[index], own: own[index], common: common[index] },
  ]);
  const { case: name, rounds, seconds } = values;
  const settings = { case: name, rounds: Number(rounds), seconds: Number(seconds), connections };
  console.log(JSON.stringify({ settings, results: Object.fromEntries(results) }, undefined, 2));
} else {
  for (const [title, measured] of [
    ['half of its own saturation', own],
    ['half of the slowest', common],
  ]) {
    const rows = measured.map(({ rate, ...percentiles }, index) => [
      names[index],
      rate.toFixed(0),
      ...PERCENTILES.map((percentile) => percentiles[percentile].median.toFixed(2)),
    ]);
    console.log(`${table([[`ms at ${title}`, 'req/s', ...PERCENTILES], ...rows])}\n`);
  }
}

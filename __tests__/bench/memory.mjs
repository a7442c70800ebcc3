// What stays in memory: the heap after a garbage collection over a million requests, and the resident size meanwhile.
//
// npm run bench:memory -- [--case aggregate-2] [--requests 1000000] [--connections 64] [--library FOLDER] [--json]
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fitLine } from './fit.mjs';
import { buildLibrary } from './library.mjs';
import { inTurns, openCase } from './measure.mjs';
import { summary, table } from './report.mjs';

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'aggregate-2' },
    requests: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '64' },
    library: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const NAMES = ['tributary-express5', 'tributary-express5-options', 'express-undici'];
const FLOOR = 'express-undici';
const SAMPLES = 10;
/** Bytes over the run. To keep as little as a number of each of a million requests takes eight times as much. */
const MOST_GROWTH = 1e6;
/** Times the resident size of the floor. */
const MOST_RESIDENT = 1.3;

const requests = Math.ceil(Number(values.requests) / SAMPLES);
const connections = Number(values.connections);
const library = values.library ? resolve(values.library) : buildLibrary();
const contenders = NAMES.map((name) => ({ name }));
const opened = await openCase(values.case, contenders, library);
const samples = NAMES.map(() => []);
try {
  await opened.check();
  // What is compiled, and opened, with the first requests is not counted.
  for (const index of NAMES.keys()) await opened.load(index, { kind: 'closed', connections, requests: requests / 4 });
  for (const index of inTurns(NAMES.length, SAMPLES)) {
    const { after } = await opened.load(index, { kind: 'closed', connections, requests });
    const { heapUsed } = await opened.use(index, 'collect');
    samples[index].push({ requests: (samples[index].length + 1) * requests, heapUsed, rss: after.rss });
  }
  await opened.check();
} finally {
  await opened.close();
}

const results = Object.fromEntries(
  NAMES.map((name, index) => {
    const points = samples[index].map((sample) => ({ x: sample.requests, y: sample.heapUsed }));
    const rss = summary(samples[index].map((sample) => sample.rss)).median;
    return [name, { samples: samples[index], growth: fitLine(points).slope * requests * SAMPLES, rss }];
  }),
);
const targets = NAMES.filter((name) => name !== FLOOR)
  .flatMap((name) => [
    { what: `${name}: heap after collection, bytes more at the end`, limit: MOST_GROWTH, is: results[name].growth },
    {
      what: `${name}: resident size / that of ${FLOOR}`,
      limit: MOST_RESIDENT,
      is: results[name].rss / results[FLOOR].rss,
    },
  ])
  .map((target) => ({ ...target, isMet: target.is <= target.limit }));

if (values.json) {
  console.log(
    JSON.stringify({ settings: { requests: requests * SAMPLES, connections }, results, targets }, undefined, 2),
  );
} else {
  const inMegabytes = (bytes) => (bytes / 2 ** 20).toFixed(2);
  const rows = samples[0].map((_, sample) => [
    String(samples[0][sample].requests),
    ...samples.flatMap((own) => [own[sample].heapUsed, own[sample].rss].map(inMegabytes)),
  ]);
  console.log(table([['requests', ...NAMES.flatMap((name) => [`${name} heap MB`, 'RSS MB'])], ...rows]));
  for (const { what, limit, is, isMet } of targets) {
    console.log(`${what}: ${is.toFixed(2)}, at most ${limit}: ${isMet ? 'met' : 'MISSED'}`);
  }
}
process.exitCode = targets.every(({ isMet }) => isMet) ? 0 : 1;

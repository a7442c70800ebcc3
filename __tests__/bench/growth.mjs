// How the cost of a request grows with the backends of an endpoint, and with the size of their documents:
//
// npm run bench:growth -- [--lives 2] [--rounds 6] [--seconds 0.2] [--warmup 3] [--library FOLDER] [--json]
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findCase } from './cases.mjs';
import { fitLine } from './fit.mjs';
import { buildLibrary } from './library.mjs';
import { measureCase } from './measure.mjs';
import { summary, table } from './report.mjs';

const { values } = parseArgs({
  options: {
    lives: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '0.2' },
    warmup: { type: 'string', default: '3' },
    library: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const NAMES = ['tributary-express5', 'tributary-express5-options', 'express-undici', 'tributary-http', 'http-undici'];
const CONTENDERS = NAMES.map((name) => ({ name }));
/** `backends:bytes` of each point. */
const CURVES = {
  backends: ['1:1000', '2:1000', '4:1000', '8:1000', '16:1000'],
  bytes: ['2:1000', '2:4000', '2:16000', '2:64000', '2:250000', '2:1000000', '2:4000000'],
};
/** Few, so that it is one request that grows, and not how many calls and documents are there at a time. */
const CONNECTIONS = 16;
const LEAST_R2 = 0.99;

const settings = {
  rounds: Number(values.rounds),
  milliseconds: Number(values.seconds) * 1000,
  warmup: Number(values.warmup) * 1000,
};
const lives = Number(values.lives);
const library = values.library ? resolve(values.library) : buildLibrary();

/** How many backends a case has, or how many bytes each of their documents. */
function positionOf(curve, { calls }) {
  if (curve === 'backends') return calls.length;
  return calls.reduce((sum, { document }) => sum + JSON.stringify(document).length, 0) / calls.length;
}

/** The turns of each contender at each point, `turns[point][contender]`. */
async function measureCurve(cases) {
  const turns = cases.map(() => NAMES.map(() => []));
  // Again and again along the whole curve: what else the machine does must not bend it.
  for (let life = 0; life < lives; life++) {
    for (const [point, name] of cases.entries()) {
      const more = await measureCase(name, CONTENDERS, { library, connections: CONNECTIONS, ...settings });
      for (const [index, own] of more.entries()) turns[point][index].push(...own);
    }
  }
  return turns;
}

const measured = {};
for (const [curve, cases] of Object.entries(CURVES)) measured[curve] = await measureCurve(cases);

const results = Object.fromEntries(
  Object.entries(CURVES).map(([curve, cases]) => [
    curve,
    Object.fromEntries(
      NAMES.map((contender, index) => {
        const points = cases.map((name, point) => ({
          x: positionOf(curve, findCase(name)),
          ...summary(measured[curve][point][index].map(({ cpu }) => cpu)),
        }));
        const fit = fitLine(points.map(({ x, quartile }) => ({ x, y: quartile })));
        return [contender, { points, fit, isStraight: fit.r2 >= LEAST_R2 }];
      }),
    ),
  ]),
);

if (values.json) {
  console.log(
    JSON.stringify(
      { settings: { ...settings, lives, connections: CONNECTIONS, leastR2: LEAST_R2 }, results },
      undefined,
      2,
    ),
  );
} else {
  for (const [curve, contenders] of Object.entries(results)) {
    const [{ points: places }] = Object.values(contenders);
    const rows = Object.entries(contenders).map(([contender, { points, fit, isStraight }]) => [
      contender,
      ...points.map(({ quartile }) => quartile.toFixed(0)),
      fit.r2.toFixed(4),
      `${(fit.departure * 100).toFixed(0)} %`,
      isStraight ? 'straight' : 'BENT',
    ]);
    const head = [`CPU µs by ${curve}`, ...places.map(({ x }) => String(Math.round(x))), 'R²', 'off', ''];
    console.log(`${table([head, ...rows])}\n`);
  }
}
const gateway = Object.values(results).map((contenders) => contenders[NAMES[0]]);
process.exitCode = gateway.every(({ isStraight }) => isStraight) ? 0 : 1;

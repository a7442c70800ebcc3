// What every transformation takes over the size of what it transforms, for shapes that somebody may choose to do harm:
//
// npm run bench:shapes -- [--only TEXT] [--bytes 4194304] [--runs 5] [--library FOLDER] [--json]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createShapes } from './hostile-shapes.mjs';
import { buildLibrary } from './library.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    bytes: { type: 'string', default: String(2 ** 22) },
    runs: { type: 'string', default: '5' },
    library: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const DOUBLINGS = 4;
/** A shape that takes longer is not doubled any more. */
const PATIENCE = 10_000;
/** Below that, a ratio says more of the clock than of the shape. */
const LEAST = 1;

/** Milliseconds of CPU that one run takes, and the longest time that nothing else had a turn. */
async function measure(run) {
  let isDone = false;
  let longest = 0;
  let last = performance.now();
  function tick() {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(tick);
  }
  setImmediate(tick);
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  const time = (user + system) / 1000;
  await new Promise(setImmediate);
  isDone = true;
  return { time, longest };
}

/** The best of several runs: others on the machine only ever add to a figure. */
async function best(run) {
  let figures = await measure(run);
  for (let turn = 1; turn < Number(values.runs) && figures.time < PATIENCE / 10; turn++) {
    const { time, longest } = await measure(run);
    figures = { time: Math.min(time, figures.time), longest: Math.min(longest, figures.longest) };
  }
  return figures;
}

async function measureShape({ group, name, most = Number(values.bytes), make }) {
  const points = [];
  for (let doubling = 0; doubling <= DOUBLINGS; doubling++) {
    const size = Math.round(most / 2 ** (DOUBLINGS - doubling));
    const figures = await best(await make(size));
    points.push({ size, ...figures });
    if (figures.time > PATIENCE) break;
  }
  return { group, name, points };
}

/** By how much the time grew at each doubling. */
function ratiosOf(points) {
  return points.slice(1).map(({ time }, index) => time / Math.max(points[index].time, LEAST));
}

const library = values.library ? resolve(values.library) : buildLibrary();
const modules = await Promise.all(
  ['encoding/index', 'encoding/json-text', 'endpoint/combiner', 'manipulation/flatmap', 'manipulation/formatter'].map(
    (path) => import(pathToFileURL(`${library}/${path}.js`).href),
  ),
);
const shapes = createShapes(Object.assign({}, ...modules));
const results = [];
const HEAD = ['shape', 'size', 'CPU ms', 'longest turn', '×', '×', '×', '×'];
if (!values.json) console.log(line(HEAD));
for (const shape of shapes) {
  if (!`${shape.group}: ${shape.name}`.includes(values.only)) continue;
  const result = await measureShape(shape);
  results.push(result);
  if (!values.json) console.log(line(rowOf(result)));
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));

function rowOf({ group, name, points }) {
  const { size, time, longest } = points.at(-1);
  const ratios = ratiosOf(points).map((ratio) => ratio.toFixed(1));
  return [`${group}: ${name}`, String(size), time.toFixed(1), longest.toFixed(1), ...ratios];
}

/** One row at a time: a whole run takes minutes. */
function line([name, ...cells]) {
  return name.padEnd(52) + cells.map((cell, column) => cell.padStart(column < 3 ? 14 : 6)).join('');
}

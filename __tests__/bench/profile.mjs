// Where a contender spends its time: npm run bench:profile -- [--case NAME] [--contender NAME] [--seconds 5] [--library FOLDER] [--json]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildLibrary } from './library.mjs';
import { openCase } from './measure.mjs';

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'aggregate-2' },
    contender: { type: 'string', default: 'tributary-express5' },
    seconds: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    library: { type: 'string' },
    top: { type: 'string', default: '45' },
    json: { type: 'boolean', default: false },
  },
});

const library = values.library ? resolve(values.library) : buildLibrary();
const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
const connections = Number(values.connections);
const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval', '200'];
const opened = await openCase(values.case, [{ name: values.contender, flags }], library);
await opened.turn(0, { connections, milliseconds: Number(values.warmup) * 1000 });
const { answers } = await opened.load(0, { kind: 'closed', connections, milliseconds: Number(values.seconds) * 1000 });
await opened.close();

const [file] = readdirSync(folder);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
rmSync(folder, { recursive: true });

/** What a module of the gateway, a package, or Node is called in the table. */
function placeOf(url) {
  if (url === '') return 'native';
  if (url.startsWith('node:')) return url;
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\/(.*)$/.exec(url);
  if (url.includes(`file://${library}`)) return url.slice(`file://${library}`.length);
  return inPackage ? `${inPackage[1]}: ${basename(inPackage[2])}` : basename(url);
}

const byId = new Map(nodes.map((node) => [node.id, node]));
const own = new Map();
const places = new Map();
// The last seconds only: what comes before is the compiler at work.
let time = timeDeltas.reduce((sum, delta) => sum + delta, 0);
const from = time - Number(values.seconds) * 1e6;
let total = 0;
for (let index = samples.length - 1; index >= 0 && time > from; index--) {
  const delta = timeDeltas[index];
  time -= delta;
  const { functionName, url, lineNumber } = byId.get(samples[index]).callFrame;
  if (functionName === '(idle)') continue;
  const place = placeOf(url);
  const key = `${functionName || '(anonymous)'} · ${place}${url === '' ? '' : `:${lineNumber + 1}`}`;
  own.set(key, (own.get(key) ?? 0) + delta);
  const group = url === '' ? functionName : place.startsWith('node:') ? 'node' : place.split(':')[0];
  places.set(group, (places.get(group) ?? 0) + delta);
  total += delta;
}

/** The most first, each with its share and microseconds per request. */
function ranked(counts, limit) {
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, limit);
  return sorted.map(([name, time]) => ({ name, share: time / total, micros: time / answers }));
}

function print(title, rows) {
  console.log(`\n${title}`);
  for (const { name, share, micros } of rows) {
    console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${micros.toFixed(2).padStart(7)} µs  ${name}`);
  }
}

const { case: name, contender } = values;
const byPlace = ranked(places, values.json ? places.size : 20);
const byFunction = ranked(own, Number(values.top));
if (values.json) {
  console.log(JSON.stringify({ case: name, contender, micros: total / answers, byPlace, byFunction }, undefined, 2));
} else {
  console.log(`${contender}, ${name}: ${answers} requests, ${(total / answers).toFixed(1)} µs each`);
  print('by place', byPlace);
  print('by function, own time', byFunction);
}

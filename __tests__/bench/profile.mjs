// Where a contender spends its time: npm run bench:profile -- [--case NAME] [--contender NAME] [--seconds 5] [--library FOLDER]
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
  const key = `${functionName || '(anonymous)'} ${place}${url === '' ? '' : `:${lineNumber + 1}`}`;
  own.set(key, (own.get(key) ?? 0) + delta);
  const group = url === '' ? functionName : place.startsWith('node:') ? 'node' : place.split(':')[0];
  places.set(group, (places.get(group) ?? 0) + delta);
  total += delta;
}

function print(title, counts, limit) {
  console.log(`\n${title}`);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, limit);
  for (const [key, value] of sorted) {
    console.log(
      `${((value / total) * 100).toFixed(1).padStart(5)} %  ${(value / answers).toFixed(2).padStart(7)} µs  ${key}`,
    );
  }
}
console.log(`${values.contender}, ${values.case}: ${answers} requests, ${(total / answers).toFixed(1)} µs each`);
print('by place', places, 20);
print('by function, own time', own, Number(values.top));

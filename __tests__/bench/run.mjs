// CPU time per request, contenders side by side:
//
// npm run bench -- [--case NAME,…] [--contender NAME,…] [--lives 1] [--rounds 40] [--seconds 0.2] [--lead 0.15] [--warmup 4] [--connections 64]
//                  [--library FOLDER] [--base FOLDER] [--each] [--json]
//
// `--each` also measures each component of the case `full` alone, and says what it costs.
// `--library` takes a compiled gateway instead of compiling this one; `--base` measures another one beside it.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, findCase } from './cases.mjs';
import { componentsOf } from './components.mjs';
import { CONTENDERS } from './contenders/index.mjs';
import { buildLibrary } from './library.mjs';
import { measureCase } from './measure.mjs';
import { baseTable, caseTable, costsOf, costTable, judge, summarize, targetTable } from './report.mjs';

const { values } = parseArgs({
  options: {
    case: { type: 'string' },
    contender: { type: 'string' },
    lives: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '0.2' },
    lead: { type: 'string', default: '0.15' },
    warmup: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    library: { type: 'string' },
    base: { type: 'string' },
    each: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const library = values.library ? resolve(values.library) : buildLibrary();
const cases = values.case ? values.case.split(',').map(findCase) : CASES;
const wanted = values.contender?.split(',');
const components = values.each ? await componentsOf(library) : [];

/** The gateway against itself, in the server whose figures move least. */
const SELF = wanted?.[0] ?? 'tributary-express5-options';

/** Those who can do a case, and are asked for. */
function contendersOf(measured) {
  const able = CONTENDERS.filter(({ name, kind }) => {
    const isProxy = kind === 'peer' || kind === 'alone';
    if (wanted) return wanted.includes(name) && (!isProxy || measured.hasPeers);
    if (isProxy) return measured.hasPeers;
    return measured.reference ? name === SELF : true;
  });
  if (measured.reference) {
    able.push({ name: SELF, label: `(${measured.reference})`, caseOf: measured.reference });
  }
  if (measured.extra === 'components') {
    for (const namespace of components) {
      able.push({ name: SELF, label: `+ ${namespace}`, caseOf: `${measured.name}:${namespace}` });
    }
  }
  if (!values.base) return able;
  const base = able.filter(({ kind }) => kind === 'gateway');
  return [...able, ...base.map(({ name }) => ({ name, label: `base ${name}`, libraryOf: resolve(values.base) }))];
}

const results = {};
const costs = {};
for (const measured of cases) {
  const contenders = contendersOf(measured);
  const turns = await measureCase(measured.name, contenders, {
    library,
    lives: Number(values.lives),
    rounds: Number(values.rounds),
    milliseconds: Number(values.seconds) * 1000,
    lead: Number(values.lead) * 1000,
    warmup: Number(values.warmup) * 1000,
    connections: Number(values.connections),
  });
  results[measured.name] = Object.fromEntries(contenders.map(({ name, label = name }, index) => [label, turns[index]]));
  if (!values.json) console.log(`${caseTable(measured.name, results[measured.name])}\n`);
  if (measured.extra !== 'components' || components.length === 0) continue;
  costs[measured.name] = costsOf(results[measured.name], `(${measured.reference})`);
  if (!values.json) console.log(`${costTable(costs[measured.name])}\n`);
}

const verdicts = judge(results);
if (values.json) {
  const machine = { node: process.version, cores: availableParallelism() };
  const figures = Object.fromEntries(
    Object.entries(results).map(([name, contenders]) => [
      name,
      Object.fromEntries(Object.entries(contenders).map(([contender, turns]) => [contender, summarize(turns)])),
    ]),
  );
  console.log(JSON.stringify({ machine, settings: values, results: figures, costs, targets: verdicts }, undefined, 2));
} else {
  if (values.base) console.log(`${baseTable(results)}\n`);
  if (verdicts.length > 0) console.log(targetTable(verdicts));
}
process.exitCode = verdicts.every(({ isMet }) => isMet) ? 0 : 1;

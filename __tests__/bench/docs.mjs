// Everything that docs/benchmarks.md shows, measured anew, on a machine that does nothing else:
//
// npm run bench:docs -- [--quick] [--only cases,components,memory,latency,growth,profiles] [--case NAME,…] [--render]
//                       [--library FOLDER]
//
// Takes about an hour. `--quick` takes three minutes, to try it out; `--only` keeps the other figures as they are, and so does
// `--case`, for some of the cases; `--render` measures nothing, and writes tables and pictures again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plotsOf } from './docs/plots.mjs';
import { fillPage, tablesOf } from './docs/tables.mjs';
import { buildLibrary } from './library.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    case: { type: 'string' },
    render: { type: 'boolean', default: false },
    library: { type: 'string' },
  },
});

const DOCS = new URL('../../docs/', import.meta.url);
const PAGE = new URL('benchmarks.md', DOCS);
const FOLDER = new URL('benchmarks/', DOCS);
const RESULTS = new URL('results.json', FOLDER);

const EACH_COMPONENT = ['--case', 'full', '--each', '--contender', 'tributary-express5'];
/** Which script with which parameters, in full and quickly. */
const STEPS = {
  cases: {
    script: 'run.mjs',
    full: ['--lives', '3', '--rounds', '7'],
    quick: ['--rounds', '3', '--seconds', '0.1', '--warmup', '0.5'],
  },
  components: {
    script: 'run.mjs',
    full: [...EACH_COMPONENT, '--lives', '2', '--rounds', '15'],
    quick: [...EACH_COMPONENT, '--rounds', '3', '--warmup', '0.5'],
  },
  memory: { script: 'memory.mjs', full: [], quick: ['--requests', '20000'] },
  latency: { script: 'latency.mjs', full: [], quick: ['--rounds', '2', '--seconds', '1', '--warmup', '1'] },
  growth: {
    script: 'growth.mjs',
    full: [],
    quick: ['--lives', '1', '--rounds', '3', '--seconds', '0.1', '--warmup', '0.5'],
  },
};
const PROFILED = ['tributary-express5', 'express-undici'];
const PROFILE = { full: ['--seconds', '5'], quick: ['--seconds', '1', '--warmup', '1'] };

const extent = values.quick ? 'quick' : 'full';

/** What a script of this folder has to say. It may end with 1, where a target is missed. */
async function ask(script, ...parameters) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, '--json', ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  try {
    return JSON.parse(output);
  } catch {
    throw new Error(`${script} ended without figures.`);
  }
}

async function measure(name, library) {
  if (name !== 'profiles') {
    const step = STEPS[name];
    const some = values.case ? ['--case', values.case] : [];
    const { settings, results, costs, targets } = await ask(
      step.script,
      ...step[extent],
      ...some,
      '--library',
      library,
    );
    const { library: _place, ...told } = settings;
    return { settings: told, results, costs, targets };
  }
  const profiles = [];
  for (const contender of PROFILED) {
    const parameters = ['--contender', contender, ...PROFILE[extent], '--library', library];
    profiles.push(await ask('profile.mjs', ...parameters));
  }
  return profiles;
}

/** Six digits of a figure say all that there is to know. */
function shorten(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

function readResults() {
  return JSON.parse(readFileSync(RESULTS, 'utf8'));
}

/** The figures of all cases, some of which have been measured again. */
function withCases(kept, measured) {
  const findIn = (targets, { case: name, who, against }) =>
    targets.find((one) => one.case === name && one.who === who && one.against.join() === against.join());
  return {
    ...kept,
    results: { ...kept.results, ...measured.results },
    targets: [
      ...kept.targets.map((target) => findIn(measured.targets, target) ?? target),
      ...measured.targets.filter((target) => !findIn(kept.targets, target)),
    ],
  };
}

/** Adds what is measured now to what is kept. What has been measured is written at once: a later part may fail. */
async function measureAll() {
  const only = values.case ? 'cases' : values.only;
  const names = only?.split(',') ?? [...Object.keys(STEPS), 'profiles'];
  const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0].model.trim() };
  const kept = only ? readResults() : {};
  const results = { quick: [], ...kept, machine };
  const library = values.library ? resolve(values.library) : buildLibrary();
  for (const name of names) {
    const start = performance.now();
    const measured = await measure(name, library);
    results[name] = values.case ? withCases(results[name], measured) : measured;
    const others = results.quick.filter((other) => other !== name);
    results.quick = values.quick ? [...others, name] : others;
    writeFileSync(RESULTS, `${JSON.stringify(results, shorten, 2)}\n`);
    console.log(`${name}: ${Math.round((performance.now() - start) / 1000)} s`);
  }
}

mkdirSync(FOLDER, { recursive: true });
if (!values.render) await measureAll();
const results = readResults();
for (const [file, picture] of Object.entries(plotsOf(results))) writeFileSync(new URL(file, FOLDER), picture);
writeFileSync(PAGE, fillPage(readFileSync(PAGE, 'utf8'), tablesOf(results)));

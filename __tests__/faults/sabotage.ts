import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Sabotage, sabotages } from './patches.js';

const LIMIT = 60;
const BASELINE = 20;
/** Bugs in components, and those with a phase of their own, are looked for after the load. */
const QUICK = 5;
/** What all phases may take beside the load on a machine with other work, in seconds. */
const PATIENCE = 400;
const DEPTH = '300';

interface Run {
  /** `null` where it was not done in time. */
  readonly code: number | null;
  /** Invariants that were reported broken. */
  readonly broken: readonly string[];
  readonly seconds: number;
  readonly output: string;
}

/** Lets the lab loose on a build until it finds something, or the time is up. */
function soak(entry: string, seed: string, seconds: number, bail: readonly string[]): Promise<Run> {
  const startedAt = performance.now();
  const program = fileURLToPath(new URL('./soak.js', import.meta.url));
  const args = [
    program,
    '--entry',
    entry,
    '--seed',
    seed,
    '--seconds',
    String(seconds),
    '--hostile',
    DEPTH,
    '--rate',
    '0',
    '--bail',
    bail.join(),
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const watchdog = setTimeout(() => child.kill('SIGKILL'), (seconds + PATIENCE) * 1000);
    child.once('exit', (code) => {
      clearTimeout(watchdog);
      const broken = [...new Set([...output.matchAll(/^([IG]\d+): /gm)].map(([, invariant]) => invariant as string))];
      resolve({ code, broken, seconds: (performance.now() - startedAt) / 1000, output });
    });
  });
}

/** A copy of the build with the bug in it. Every edit has to fit exactly once: a patch that fits nowhere proves nothing. */
async function plant({ name, edits }: Sabotage, build: string, copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  await cp(build, copy, { recursive: true });
  for (const { file, find, replace } of edits) {
    const path = join(copy, file);
    const text = await readFile(path, 'utf8');
    const times = text.split(find).length - 1;
    if (times !== 1)
      throw new Error(`"${name}" no longer applies: ${JSON.stringify(find)} stands ${times} times in ${file}`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
}

function lateness({ code, seconds }: Run): string {
  return code === null ? `; it was not done after ${seconds.toFixed(0)} s and was ended` : '';
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '42' },
    only: { type: 'string', default: '' },
    entry: { type: 'string' },
  },
});
const entry = values.entry ?? fileURLToPath(new URL('../../../dist/esm/index.js', import.meta.url));
const build = dirname(entry);
const copy = fileURLToPath(new URL('./sabotaged/', import.meta.url));
const chosen =
  values.only === '' ? sabotages : sabotages.filter((_, index) => values.only.split(',').includes(String(index + 1)));
let failures = 0;

function say(isFine: boolean, name: string, text: string): void {
  if (!isFine) failures += 1;
  process.stdout.write(`${isFine ? 'ok    ' : 'FAILED'} ${name.padEnd(42)} ${text}\n`);
}

const baseline = await soak(entry, values.seed, BASELINE, []);
say(
  baseline.code === 0,
  'nothing planted',
  baseline.code === 0
    ? 'nothing found'
    : `found ${baseline.broken.join(', ') || 'nothing'}${lateness(baseline)}\n${baseline.output}`,
);

let pending = 0;
for (const sabotage of chosen) {
  if (sabotage.needs !== undefined && !existsSync(join(build, sabotage.needs))) {
    pending += 1;
    process.stdout.write(`pending ${sabotage.name}: there is no ${sabotage.needs} in this build\n`);
    continue;
  }
  try {
    await plant(sabotage, build, copy);
  } catch (error) {
    say(false, sabotage.name, error instanceof Error ? error.message : String(error));
    continue;
  }
  const run = await soak(
    join(copy, 'index.js'),
    values.seed,
    sabotage.needs === undefined && !sabotage.isInPhase ? LIMIT : QUICK,
    sabotage.caughtBy,
  );
  const by = run.broken.filter((invariant) => sabotage.caughtBy.includes(invariant));
  const isCaught = run.code === 1 && by.length > 0;
  say(
    isCaught,
    sabotage.name,
    isCaught
      ? `caught by ${by.join(', ')} after ${run.seconds.toFixed(0)} s`
      : `got away; found ${run.broken.join(', ') || 'nothing'}${lateness(run)}\n${run.output}`,
  );
}
await rm(copy, { recursive: true, force: true });
process.stdout.write(`${chosen.length - pending} planted, ${failures} failures, ${pending} pending\n`);
process.exitCode = failures > 0 ? 1 : 0;

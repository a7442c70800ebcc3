// Plants small bugs in lib, one at a time, and tells which of them the mirroring tests miss. For hands, not for CI.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sample } from './sample.mjs';

const HOME = '__tests__/mutation';
const USAGE = `Say what to mutate: npm run mutate -- --mutate 'lib/endpoint/**' (or lib/request/query.ts, lib/request/query.ts:10-20)
  --sample 0.2   only a random part of the lines, here a fifth, with all tests of what was named
  --seed 7       another part than that of seed 1
Further options go to Stryker.`;

const OWN = new Set(['mutate', 'sample', 'seed']);
const { values, tokens } = parseArgs({
  options: {
    mutate: { type: 'string', short: 'm' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
  strict: false,
  tokens: true,
});
const share = Number(values.sample ?? 1);
const seed = Number(values.seed);
if (typeof values.mutate !== 'string' || !(share > 0 && share <= 1) || !Number.isInteger(seed)) {
  console.error(USAGE);
  process.exit(1);
}

if (!existsSync(`${HOME}/node_modules`)) run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', HOME]);
run(process.execPath, [
  `${HOME}/node_modules/@stryker-mutator/core/bin/stryker.js`,
  'run',
  `${HOME}/stryker.config.mjs`,
  '--mutate',
  share < 1 ? drawn(values.mutate) : values.mutate,
  ...foreign(process.argv.slice(2)),
]);

/** @param {string} patterns */
function drawn(patterns) {
  const { ranges, taken, lines } = sample(patterns, share, seed);
  console.log(`Sample of seed ${seed}: ${taken} of ${lines} lines (${Math.round((100 * taken) / lines)} %)`);
  return ranges.join(',');
}

/** The options that are Stryker's. @param {string[]} args */
function foreign(args) {
  const own = tokens.flatMap((token) =>
    token.kind === 'option' && OWN.has(token.name)
      ? [token.index, ...(token.inlineValue === false ? [token.index + 1] : [])]
      : [],
  );
  return args.filter((_, index) => !own.includes(index));
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, MUTATE: values.mutate } });
  if (status !== 0) process.exit(status ?? 1);
}

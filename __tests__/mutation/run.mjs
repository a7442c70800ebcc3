// Plants small bugs in lib, one at a time, and tells which of them the mirroring tests miss. For hands, not for CI.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

const HOME = '__tests__/mutation';
const USAGE =
  "Say what to mutate: npm run mutate -- --mutate 'lib/endpoint/**' (or lib/router/query.ts, lib/router/query.ts:10-20)";

const { values } = parseArgs({ options: { mutate: { type: 'string', short: 'm' } }, strict: false });
if (typeof values.mutate !== 'string') {
  console.error(USAGE);
  process.exit(1);
}

if (!existsSync(`${HOME}/node_modules`)) run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', HOME]);
run(process.execPath, [
  `${HOME}/node_modules/@stryker-mutator/core/bin/stryker.js`,
  'run',
  `${HOME}/stryker.config.mjs`,
  ...process.argv.slice(2),
]);

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, MUTATE: values.mutate } });
  if (status !== 0) process.exit(status ?? 1);
}

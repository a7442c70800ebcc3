// Compiles the lab and runs one of its programs: node run.mjs soak|sabotage [options]
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const out = new URL('../../node_modules/.cache/fault-lab/', import.meta.url);
const [program = 'soak', ...options] = process.argv.slice(2);

mkdirSync(out, { recursive: true });
writeFileSync(new URL('package.json', out), '{"type":"module"}');
const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
const compiled = spawnSync(tsc, ['-p', fileURLToPath(new URL('.', import.meta.url))], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
const ran = spawnSync(process.execPath, [fileURLToPath(new URL(`${program}.js`, out)), ...options], {
  stdio: 'inherit',
});
process.exit(ran.status ?? 1);

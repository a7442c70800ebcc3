// Compiles the gateway for the benchmarks, apart from `dist`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** @returns {string} the folder of the compiled modules */
export function buildLibrary() {
  const folder = fileURLToPath(new URL('node_modules/.cache/bench/', ROOT));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tsc = fileURLToPath(new URL('node_modules/.bin/tsc', ROOT));
  const project = fileURLToPath(new URL('tsconfig.json', ROOT));
  const options = ['--module', 'esnext', '--moduleResolution', 'bundler', '--declaration', 'false', '--outDir', folder];
  const { status } = spawnSync(tsc, ['-p', project, ...options], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The gateway does not compile.');
  writeFileSync(`${folder}package.json`, '{"type":"module"}');
  return folder;
}

// npm run generate: writes types, JSON Schema and tables from the schemas of the options.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { generate, loadLibrary, readPages } from './generate.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const dist = pathToFileURL(`${ROOT}dist/esm/`).href;

const files = generate(await loadLibrary((path) => import(`${dist}${path}.js`)), readPages(ROOT));
for (const [path, text] of Object.entries(files)) writeFileSync(`${ROOT}${path}`, text);
const typed = Object.keys(files).filter((path) => path.endsWith('.ts'));
execFileSync('npx', ['biome', 'format', '--write', ...typed], { cwd: ROOT, stdio: 'ignore' });

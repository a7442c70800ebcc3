// Lists the promises of rows.json that no test is titled with. `--require 0` fails while one of that priority, or a more
// important one, is open. A row with `needs` waits until that part of lib exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const tests = dirname(here);
const root = dirname(tests);
const rows = JSON.parse(readFileSync(join(tests, 'checklist/rows.json'), 'utf8'));

// A title is the string a test, describe or golden case starts with; it may begin with several ids.
const TITLE = /(?:\(\s*|"(?:title|name)":\s*)['"`]((?:[A-Z]\d\d[,: ]+)+)/g;

// Titles may also start with a fault of the lab's catalogue, or a goal that is measured.
const ELSEWHERE = /^(Z\d\d|G1[0-5])$/;

/** Ids that a title in `text` starts with. */
export function idsIn(text) {
  return [...text.matchAll(TITLE)].flatMap(([, ids]) => ids.match(/[A-Z]\d\d/g));
}

function covered() {
  const ids = new Set();
  for (const entry of readdirSync(tests, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/(\.test\.ts|specs\/.*\.json)$/.test(file) || dirname(file) === here) continue;
    for (const id of idsIn(readFileSync(file, 'utf8'))) ids.add(id);
  }
  return ids;
}

function exists(part) {
  return existsSync(join(root, part)) || existsSync(join(root, `${part}.ts`));
}

function main(args) {
  const required = args[0] === '--require' ? Number(args[1]) : -1;
  const ids = covered();
  const unknown = [...ids].filter((id) => !rows.some((row) => row.id === id) && !ELSEWHERE.test(id));
  const open = rows.filter((row) => !ids.has(row.id));
  const due = open.filter((row) => row.needs === undefined || exists(row.needs));
  const waiting = open.filter((row) => !due.includes(row));

  for (const row of due) console.log(`open     ${row.id} P${row.priority} ${row.promise}`);
  for (const row of waiting) console.log(`waiting  ${row.id} P${row.priority} ${row.promise} (${row.needs})`);
  for (const id of unknown) console.log(`unknown  ${id} is in a title but not in rows.json`);
  console.log(`${rows.length - open.length} of ${rows.length} covered, ${due.length} open, ${waiting.length} waiting`);
  if (unknown.length > 0 || due.some((row) => row.priority <= required)) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Tests that start processes of the built package: no mutant reaches them. */
const ELSEWHERE = /(^|\/)dist\/|child\.mjs/;

/**
 * The tests that mirror what is mutated: all of a folder, and for one file those of its folder that bear its name or import it.
 *
 * @param {string} pattern As Stryker's `--mutate` takes it: `lib/endpoint/**`, `lib/request/query.ts`, `lib/request/query.ts:10-20`.
 * @returns {string[]}
 */
function testsFor(pattern) {
  const path = pattern.replace(/:\d.*$/, '').replace(/\/?\*.*$/, '');
  const isFile = statSync(path).isFile();
  const folder = (isFile ? dirname(path) : path).replace(/^lib/, '__tests__');
  const name = basename(path, '.ts');
  const isAbout = (test, text) =>
    basename(test) === `${name}.test.ts` || basename(test).startsWith(`${name}-`) || text.includes(`/${name}.js'`);
  return readdirSync(folder, { recursive: !isFile })
    .map((file) => join(folder, String(file)))
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => {
      const text = readFileSync(file, 'utf8');
      return !ELSEWHERE.test(text) && (!isFile || isAbout(file, text));
    });
}

export default {
  test: {
    include: [...new Set((process.env.MUTATE ?? '').split(',').flatMap(testsFor))],
    // A mutant is turned on while the code runs, so the modules need not be loaded anew for each file of tests.
    isolate: false,
    testTimeout: 15_000,
  },
};

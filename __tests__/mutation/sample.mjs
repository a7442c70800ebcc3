import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Lines are drawn in runs: Stryker leaves out a bug that reaches beyond the lines it was given. */
const RUN = 12;

/**
 * A random part of the lines of some files, as ranges for Stryker's `--mutate`.
 *
 * @param {string} patterns `lib/endpoint/**`, `lib/router/query.ts`, or several with commas between.
 * @param {number} share Of the lines, above 0 and up to 1.
 * @param {number} seed The same seed draws the same lines of the same files.
 * @returns {{ ranges: string[], taken: number, lines: number }} `taken` of all `lines` are in the ranges.
 */
export function sample(patterns, share, seed) {
  const random = mulberry32(seed);
  const runs = patterns
    .split(',')
    .flatMap(filesOf)
    .flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n').length - 1;
      return Array.from({ length: Math.ceil(lines / RUN) }, (_, run) => {
        const [first, last] = [run * RUN + 1, Math.min((run + 1) * RUN, lines)];
        return { range: `${file}:${first}-${last}`, lines: last - first + 1, rank: random() };
      });
    });
  const chosen = new Set(
    [...runs].sort((a, b) => a.rank - b.rank).slice(0, Math.max(1, Math.round(runs.length * share))),
  );
  const drawn = runs.filter((run) => chosen.has(run));
  return { ranges: drawn.map(({ range }) => range), taken: countLines(drawn), lines: countLines(runs) };
}

/** @param {string} pattern */
function filesOf(pattern) {
  const path = pattern.replace(/\/?\*.*$/, '');
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true })
    .map((file) => join(path, String(file)))
    .filter((file) => file.endsWith('.ts'))
    .sort();
}

/** @param {readonly { lines: number }[]} runs */
function countLines(runs) {
  return runs.reduce((sum, { lines }) => sum + lines, 0);
}

/** @param {number} seed */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
